/// Collects the bytes of a header as they arrive, and reads it line by line. Pure: it knows no keys.
///
/// Refuses exactly what the specification forbids, before any key is tried: a header has one form only.
struct AgeHeaderReader {
    private enum State {
        /// Follows: `recipients`.
        case intro
        /// A stanza's first line or the last line. Follows: `body`, or the end.
        case recipients
        /// Lines of the last stanza's body, until a short one. Follows: `recipients`.
        case body
    }

    private var state = State.intro
    private var bytes: [UInt8] = []
    /// Where the line being read begins, and how far it was searched for its end.
    private var lineStart = 0
    private var searched = 0
    private var stanzas: [AgeStanza] = []

    /// Whether nothing at all arrived yet.
    var isEmpty: Bool { bytes.isEmpty }

    /// Takes bytes of the file.
    /// - Returns: when the header is complete: it, and how many of the bytes given were the header's.
    mutating func read(_ input: UnsafeRawBufferPointer) throws(AgeError) -> (header: AgeHeader, consumed: Int)? {
        let before = bytes.count
        bytes.append(contentsOf: input.prefix(AgeFormat.headerLimit + 1 - before))
        while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[lineStart..<end]
            let start = lineStart
            lineStart = end + 1
            searched = lineStart
            if let code = try take(line) {
                let header = AgeHeader(
                    stanzas: stanzas, code: code, authenticated: Array(bytes[..<(start + 3)]))
                return (header, lineStart - before)
            }
        }
        searched = bytes.count
        if case .intro = state { try checkIntro(bytes[...]) }
        guard bytes.count <= AgeFormat.headerLimit else {
            throw AgeError(.corrupt, "the header is longer than \(AgeFormat.headerLimit >> 20) MiB")
        }
        return nil
    }

    /// Takes a line without its newline; returns the code of the last one.
    private mutating func take(_ line: ArraySlice<UInt8>) throws(AgeError) -> [UInt8]? {
        switch state {
        case .intro:
            try checkIntro(line)
            guard line.count == AgeFormat.intro.utf8.count else { throw Self.otherFormat(line) }
            state = .recipients
        case .recipients:
            if line.starts(with: "---".utf8) { return try Self.code(line) }
            stanzas.append(try stanza(line))
            state = .body
        case .body:
            guard let part = Base64.decode(line), part.count <= AgeFormat.bytesPerLine else {
                throw AgeError(.corrupt, "the body of recipient \(stanzas.count) of the header is malformed")
            }
            stanzas[stanzas.count - 1].body += part
            if part.count < AgeFormat.bytesPerLine { state = .recipients }
        }
        return nil
    }

    private func stanza(_ line: ArraySlice<UInt8>) throws(AgeError) -> AgeStanza {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        let valid = words.allSatisfy { !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } }
        guard words.count >= 2, words[0].elementsEqual("->".utf8), valid else {
            throw AgeError(.corrupt, "line \(lineNumber) of the header is malformed")
        }
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        return AgeStanza(type: texts[1], arguments: Array(texts[2...]), body: [])
    }

    private static func code(_ line: ArraySlice<UInt8>) throws(AgeError) -> [UInt8] {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 2, words[0].count == 3, let code = Base64.decode(words[1]), code.count == 32 else {
            throw AgeError(.corrupt, "the last line of the header is malformed")
        }
        return code
    }

    /// Refuses as soon as one byte differs, so that no megabyte of something else is collected.
    private func checkIntro(_ start: ArraySlice<UInt8>) throws(AgeError) {
        guard AgeFormat.intro.utf8.starts(with: start) || start.starts(with: AgeFormat.intro.utf8),
            start.count <= AgeFormat.intro.utf8.count
        else { throw Self.otherFormat(bytes[...]) }
    }

    private static func otherFormat(_ start: ArraySlice<UInt8>) -> AgeError {
        if start.starts(with: "-----BEGIN AGE".utf8) {
            return AgeError(
                .notAnAgeFile, "the file is armored (text), which is not supported; 'age -d' reads it")
        }
        if start.starts(with: "age-encryption.org/".utf8) {
            return AgeError(.notAnAgeFile, "the file is of another version of the age format than v1, or damaged")
        }
        return AgeError(.notAnAgeFile, "the file does not begin with \(AgeFormat.intro): it is not an age file")
    }

    private var lineNumber: Int { bytes[..<lineStart].count { $0 == UInt8(ascii: "\n") } }
}
