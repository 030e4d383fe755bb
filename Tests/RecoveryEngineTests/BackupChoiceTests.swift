import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Testing

@Suite struct BackupChoiceTests {
    private static let start = Date(timeIntervalSince1970: 1_795_392_000)

    private static func manifest(_ name: String, _ hours: Double) -> Manifest {
        let point = start + hours * 3600
        return Manifest(
            namespace: "ns", policy: "p", backup: name, kind: "git", source: "git/x", artifacts: [],
            record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point,
            finishedAt: point, writer: "t")
    }

    private static let manifests = [manifest("a", 0), manifest("c", 2), manifest("b", 1)]

    private static func verdicts(proven: Set<String> = [], broken: Set<String> = []) -> Verdicts {
        var verdicts = Verdicts()
        for manifest in manifests where proven.contains(manifest.backup) {
            verdicts.note(.proven, backup: manifest.backup, fingerprintDigest: manifest.fingerprintDigest)
        }
        for manifest in manifests where broken.contains(manifest.backup) {
            verdicts.note(.broken, backup: manifest.backup, fingerprintDigest: manifest.fingerprintDigest)
        }
        return verdicts
    }

    struct Row: Sendable, CustomStringConvertible {
        var description: String
        var target: RecoveryTarget
        var proven: Set<String> = []
        var broken: Set<String> = []
        /// Nil for a refusal that has the words.
        var chosen: String?
        var words: [String] = []
    }

    static let rows = [
        Row(description: "the latest", target: .latest, chosen: "c"),
        Row(description: "the latest is broken", target: .latest, broken: ["c"], chosen: "b"),
        Row(
            description: "all are broken", target: .latest, broken: ["a", "b", "c"],
            words: ["found broken", "a, b, c", "{backup: NAME}"]),
        Row(description: "a broken one by its name", target: .backup("c"), broken: ["c"], chosen: "c"),
        Row(description: "a moment", target: .time(start + 5400), chosen: "b"),
        Row(description: "a moment whose backup is broken", target: .time(start + 5400), broken: ["b"], chosen: "a"),
        Row(description: "a moment before all", target: .time(start - 1), words: ["none of the 3 backups from a to c"]),
        Row(description: "the latest proven", target: .latestVerified, proven: ["a", "b"], chosen: "b"),
        Row(description: "none is proven", target: .latestVerified, words: ["proven by restoring it"]),
        Row(description: "no such name", target: .backup("x"), words: ["none of the 3"]),
    ]

    @Test("A target means the newest backup that is not known to be broken", arguments: rows)
    func choice(_ row: Row) throws {
        let verdicts = Self.verdicts(proven: row.proven, broken: row.broken)
        guard let chosen = row.chosen else {
            let error = #expect(throws: ReferenceError.self) {
                try BackupChoice.choose(row.target, from: Self.manifests, verdicts: verdicts)
            }
            for word in row.words { #expect(error?.description.contains(word) == true, "\(String(describing: error))") }
            return
        }
        #expect(try BackupChoice.choose(row.target, from: Self.manifests, verdicts: verdicts).backup == chosen)
    }

    @Test("A proof of what had the name before is none")
    func anew() {
        var verdicts = Verdicts()
        verdicts.note(.proven, backup: "c", fingerprintDigest: "another")
        verdicts.note(.broken, backup: "b", fingerprintDigest: "another")
        #expect(throws: ReferenceError.self) {
            try BackupChoice.choose(.latestVerified, from: Self.manifests, verdicts: verdicts)
        }
    }

    @Test("Of two of the same moment one is always chosen, and a target that is not known is refused")
    func sameMoment() throws {
        let twins = [Self.manifest("b2", 1), Self.manifest("b1", 1)]
        #expect(try BackupChoice.choose(.latest, from: twins, verdicts: Verdicts()).backup == "b2")
        #expect(try BackupChoice.choose(.latest, from: twins.reversed(), verdicts: Verdicts()).backup == "b2")
        #expect(throws: ReferenceError.self) {
            try BackupChoice.choose(.unknown(["when": "now"]), from: Self.manifests, verdicts: Verdicts())
        }
    }

    @Test(
        "Of none, and of one, a refusal says so",
        arguments: [([], "no complete backup"), ([manifest("only", 1)], "only alone")] as [([Manifest], String)])
    func few(manifests: [Manifest], words: String) {
        let error = #expect(throws: ReferenceError.self) {
            try BackupChoice.choose(.backup("x"), from: manifests, verdicts: Verdicts())
        }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
