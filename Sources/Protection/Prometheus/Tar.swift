import Cryptography

/// Writes POSIX ustar: regular files below one folder, always the same bytes for the same files.
enum Tar {
    static let blockSize = 512

    /// - Throws: ``PrometheusError`` for a name of more than 100 bytes, which no block has.
    static func header(_ name: String, bytes: Int64) throws(PrometheusError) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: blockSize)
        func put(_ text: [UInt8], at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int64, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        let name = Array(name.utf8)
        guard name.count <= 100 else {
            throw PrometheusError(.damaged, "a block holds a file with a name of \(name.count) bytes")
        }
        put(name, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        if bytes < 1 << 33 {
            put(octal(bytes, 11), at: 124)
        } else {
            // GNU's base 256 for what eleven octal digits do not hold: 8 GiB and more.
            header[124] = 0x80
            for index in 0..<8 { header[135 - index] = UInt8(truncatingIfNeeded: bytes >> (8 * Int64(index))) }
        }
        put(octal(0, 11), at: 136)
        header[156] = UInt8(ascii: "0")
        put(Array("ustar".utf8) + [0, 0x30, 0x30], at: 257)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put(octal(header.reduce(0) { $0 + Int64($1) }, 6) + [0, 0x20], at: 148)
        return header
    }

    static func padding(after bytes: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((Int64(blockSize) - bytes % Int64(blockSize)) % Int64(blockSize)))
    }

    static let end = [UInt8](repeating: 0, count: 2 * blockSize)
}

extension BlockFolder {
    /// Writes the whole block as `ULID/…`, and says what each file was.
    func tar(_ write: ([UInt8]) async throws -> Void) async throws -> [String: PrometheusFingerprint.File] {
        var result: [String: PrometheusFingerprint.File] = [:]
        for file in files {
            try await write(Tar.header("\(meta.ulid)/\(file.name)", bytes: file.bytes))
            let digest = SHA256()
            try await read(file.name, bytes: file.bytes) { piece in
                digest.update(piece)
                try await write(piece)
            }
            try await write(Tar.padding(after: file.bytes))
            result[file.name] = PrometheusFingerprint.File(bytes: file.bytes, sha256: digest.finalizeHex())
        }
        try await write(Tar.end)
        return result
    }
}
