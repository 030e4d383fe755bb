import Foundation

/// What a restore writes on its databases, so that whoever comes after a crash knows what they are: JSON at the end of
/// the database's comment, after words for people. It moves with the database when that is renamed.
struct RestoreMarker: Codable, Hashable, Sendable {
    enum Phase: String, Codable, Hashable, Sendable {
        /// Half-restored. → verified, or dropped
        case restoring
        /// Proven, waiting to be put in place. → done
        case verified
        /// In place.
        case done
        /// The damaged database that another took the place of.
        case kept
    }

    var token: String
    var artifact: String
    /// The database that is brought back.
    var target: String
    var phase: Phase
    var at: Date
    /// The comment that people gave the database.
    var comment: String?
    /// Tokens of the restores before that put this database in place: they are still done.
    var earlier: [String]

    private static let start = "[dr {"
    /// So many old tokens are remembered: comments need not grow for ever.
    static let mostEarlier = 50

    /// The whole comment.
    var text: String {
        let day = at.formatted(.iso8601)
        let words =
            switch phase {
            case .restoring: "Restore of \"\(target)\" under way since \(day): not in use."
            case .verified: "Restore of \"\(target)\", proven \(day), not in place yet: not in use."
            case .kept:
                "Damaged \"\(target)\", kept when a restore took its place \(day). Drop it when nobody needs it."
            case .done: comment ?? "Restored \(day)."
            }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let json = try? encoder.encode(self) else { return words }
        return "\(words)\n[dr \(String(decoding: json, as: UTF8.self))]"
    }

    init(token: String, artifact: String, target: String, phase: Phase, at: Date, comment: String?, earlier: [String]) {
        self.token = token
        self.artifact = artifact
        self.target = target
        self.phase = phase
        self.at = at
        self.comment = comment
        self.earlier = Array(earlier.suffix(Self.mostEarlier))
    }

    /// nil for a comment that holds no marker.
    init?(comment: String) {
        guard comment.hasSuffix("]"), let range = comment.range(of: Self.start, options: .backwards) else { return nil }
        let json = comment[comment.index(before: range.upperBound)...].dropLast()
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let marker = try? decoder.decode(RestoreMarker.self, from: Data(json.utf8)) else { return nil }
        self = marker
    }
}
