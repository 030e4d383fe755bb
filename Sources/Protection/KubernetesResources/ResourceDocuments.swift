import BackupArchive
import Cryptography
import KubernetesModel

/// The form of the artifact: YAML documents, and before them a remark with the key of the digests.
enum ResourceDocuments {
    private static let keyMark = "# digest-key: "

    static func header(key: [UInt8]) -> String {
        """
        # Objects of a Kubernetes cluster, in the order in which they can be created:
        #   kubectl apply --server-side -f objects.yaml
        \(keyMark)\(key.hexString)

        """
    }

    static func document(_ object: JSON) -> String { "---\n\(YAMLText.document(object))" }

    /// What is digested: the object as JSON with sorted keys, whatever it looks like in YAML.
    static func canonical(_ object: JSON) -> [UInt8] { [UInt8](object.serialized()) }

    /// No API server takes an object of more than a few megabytes.
    private static let longest = 64 << 20

    /// Gives the documents one by one, with the key that stands before them.
    /// - Throws: ``VerificationFailure`` when it is not such an artifact, or what `body` threw.
    static func each<Pieces: AsyncSequence>(
        _ pieces: Pieces, _ body: (_ object: JSON, _ key: [UInt8]) async throws -> Void
    ) async throws where Pieces.Element == [UInt8] {
        var splitter = DocumentSplitter()
        var key: [UInt8]?
        func take(_ text: String) async throws {
            guard let known = key else {
                key = try parseKey(text)
                return
            }
            try await body(try parse(text), known)
        }
        for try await piece in pieces {
            for text in splitter.add(piece) { try await take(text) }
            guard splitter.pending <= longest else {
                throw VerificationFailure(check: "documents", "one document is larger than \(longest) bytes")
            }
        }
        try await take(splitter.rest)
        guard key != nil else { throw VerificationFailure(check: "documents", "the artifact is empty") }
    }

    private static func parseKey(_ text: String) throws -> [UInt8] {
        let line = text.split(separator: "\n").first { $0.hasPrefix(keyMark) }
        guard let key = line.flatMap({ [UInt8](hexString: $0.dropFirst(keyMark.count)) }), key.count == 32 else {
            throw VerificationFailure(check: "documents", "the artifact does not begin as one of Kubernetes objects")
        }
        return key
    }

    private static func parse(_ text: String) throws -> JSON {
        // The parser's own words would quote the text, which may be a Secret's.
        guard let objects = try? ManifestYAML.documents(text), objects.count == 1, let object = objects.first,
            object["apiVersion"]?.string != nil, object["kind"]?.string != nil,
            object[path: "metadata", "name"]?.string != nil
        else { throw VerificationFailure(check: "documents", "a document is not a Kubernetes object") }
        return object
    }
}

/// Splits a stream where a line is `---`: in what ``YAMLText`` writes, nothing else begins a line so.
struct DocumentSplitter {
    private var buffer: [UInt8] = []
    private var scanned = 0
    private static let mark = Array("\n---\n".utf8)

    var pending: Int { buffer.count }
    var rest: String { String(decoding: buffer, as: UTF8.self) }

    mutating func add(_ piece: [UInt8]) -> [String] {
        buffer += piece
        var result: [String] = []
        var start = 0
        var index = scanned
        while index + Self.mark.count <= buffer.count {
            guard buffer[index] == Self.mark[0], buffer[index..<(index + Self.mark.count)].elementsEqual(Self.mark)
            else {
                index += 1
                continue
            }
            result.append(String(decoding: buffer[start...index], as: UTF8.self))
            start = index + Self.mark.count
            // The line's end before the next mark may be this mark's own.
            index = start - 1
        }
        buffer.removeFirst(start)
        scanned = max(0, index - start)
        return result
    }
}
