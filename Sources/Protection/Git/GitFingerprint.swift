public import Foundation

/// What a repository is, for comparing: where every ref points, and what HEAD is.
public struct GitFingerprint: Codable, Sendable, Hashable {
    /// The ref that HEAD names: `refs/heads/main`. nil where it is detached or not there.
    public var head: String?
    /// Object names by full ref name.
    public var refs: [String: String]
    /// When the newest commit that any ref reaches was committed. nil in an empty repository.
    public var newestCommit: Date?

    public init(head: String?, refs: [String: String], newestCommit: Date?) {
        self.head = head
        self.refs = refs
        self.newestCommit = newestCommit
    }

    var canonicalJSON: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(canonicalJSON text: String) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(Self.self, from: Data(text.utf8))
    }

    /// In words, what of `found` is not as here; empty when it is the same. At most ten.
    func differences(from found: GitFingerprint) -> [String] {
        var result: [String] = []
        for (name, object) in refs.sorted(by: { $0.key < $1.key }) {
            switch found.refs[name] {
            case object: continue
            case nil: result.append("\(name) is missing")
            case let other?: result.append("\(name) is \(other.prefix(12)) instead of \(object.prefix(12))")
            }
        }
        for name in found.refs.keys.filter({ refs[$0] == nil }).sorted() { result.append("\(name) was not backed up") }
        if head != found.head { result.append("HEAD is \(found.head ?? "detached") instead of \(head ?? "detached")") }
        return Array(result.prefix(10))
    }
}
