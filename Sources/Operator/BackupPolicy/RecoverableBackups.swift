import Foundation
import KubernetesModel
import RecoveryAPI

/// Which of a policy's backups data can be brought back from now, as a function of the backups and the time.
///
/// What the store has lost is no backup, nor is one that was restored and found broken. One whose recovery point is ahead of
/// the clock counts only where there is no other: a clock is wrong, and nobody knows how old that backup is.
struct RecoverableBackups {
    /// By its recovery point.
    let newest: Backup?
    /// What is newer and does not count, for people; nil when nothing is.
    let note: String?

    init(_ backups: [Backup], now: Date) {
        func point(_ backup: Backup) -> Date { backup.status?.recoveryPoint ?? .distantPast }
        func newer(_ one: Backup, _ other: Backup) -> Bool { (point(one), one.name) < (point(other), other.name) }
        let complete = backups.filter { $0.isComplete && !$0.isMissing }
        let good = complete.filter { $0.isProven != false }
        let present = good.filter { point($0) <= now.addingTimeInterval(ObjectiveDecision.skew) }
        let newest = present.max(by: newer) ?? good.max(by: newer)
        self.newest = newest
        func isNewer(_ backup: Backup) -> Bool { newest.map { newer($0, backup) } ?? true }
        var notes: [String] = []
        if let broken = complete.filter({ $0.isProven == false }).max(by: newer), isNewer(broken) {
            notes.append("\(broken.name) is newer, was found broken and does not count")
        }
        if let ahead = good.max(by: newer), isNewer(ahead) {
            notes.append("the recovery point of \(ahead.name) is ahead of the clock and does not count")
        }
        note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    }
}
