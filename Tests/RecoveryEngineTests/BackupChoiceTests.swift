import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Testing

@Suite("Which backup is restored")
struct BackupChoiceTests {
    private static let start = Date(timeIntervalSince1970: 1_795_000_000)

    private static func manifest(_ backup: String, _ hours: Double) -> Manifest {
        let point = start.addingTimeInterval(hours * 3600)
        return Manifest(
            namespace: "ns", policy: "p", backup: backup, kind: "git", source: "s", artifacts: [],
            record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point, finishedAt: point, writer: "t")
    }

    /// In no order; two are of the same moment.
    private static let all = [manifest("c", 3), manifest("a", 1), manifest("b2", 2), manifest("b1", 2)]

    @Test(
        "is the newest that the target allows",
        arguments: [
            (.latest, [], "c"),
            (.latestVerified, ["a", "b1"], "b1"),
            (.latestVerified, ["b1", "b2"], "b2"),
            (.backup("a"), [], "a"),
            // The very moment counts.
            (.time(start.addingTimeInterval(3 * 3600)), [], "c"),
            (.time(start.addingTimeInterval(3 * 3600 - 1)), [], "b2"),
            (.time(start.addingTimeInterval(1e9)), [], "c"),
        ] as [(RecoveryTarget, Set<String>, String)])
    func chosen(target: RecoveryTarget, verified: Set<String>, expected: String) throws {
        #expect(try BackupChoice.choose(target, from: Self.all, verified: verified).backup == expected)
    }

    @Test(
        "is refused with what there is instead",
        arguments: [
            (.latestVerified, Reason.notVerified, "none of the 4 backups from a to c was proven"),
            (.backup("x"), Reason.noBackupYet, "to: backup x is none of the 4 backups from a to c"),
            (.time(start), Reason.noBackupYet, "is none of the 4 backups from a to c"),
            (.unknown(["when": "now"]), Reason.noBackupYet, "is none of the 4 backups"),
        ] as [(RecoveryTarget, String, String)])
    func refused(target: RecoveryTarget, reason: String, words: String) {
        let error = #expect(throws: ReferenceError.self) { try BackupChoice.choose(target, from: Self.all, verified: ["gone"]) }
        #expect(error?.reason == reason)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("of none, and of one, says so", arguments: [([], "no complete backup"), ([manifest("only", 1)], "only alone")] as [([Manifest], String)])
    func few(manifests: [Manifest], words: String) {
        let error = #expect(throws: ReferenceError.self) { try BackupChoice.choose(.backup("x"), from: manifests, verified: []) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
