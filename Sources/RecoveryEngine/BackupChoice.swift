public import BackupArchive
import Foundation
public import RecoveryAPI

/// Which backup a target means, as a function of the catalogue.
public enum BackupChoice {
    /// - Parameter verified: the backups that were proven by restoring them.
    /// - Throws: ``ReferenceError`` saying what there is instead.
    public static func choose(
        _ target: RecoveryTarget, from manifests: [Manifest], verified: Set<String>
    ) throws -> Manifest {
        let sorted = manifests.sorted { ($0.recoveryPoint, $0.backup) < ($1.recoveryPoint, $1.backup) }
        let found: Manifest? =
            switch target {
            case .latest: sorted.last
            case .latestVerified: sorted.last { verified.contains($0.backup) }
            case .backup(let name): sorted.first { $0.backup == name }
            case .time(let time): sorted.last { $0.recoveryPoint <= time }
            case .unknown: nil
            }
        if let found { return found }
        guard let oldest = sorted.first, let newest = sorted.last else {
            throw ReferenceError(reason: Reason.noBackupYet, "the catalogue has no complete backup of this policy")
        }
        let range =
            sorted.count == 1
            ? "backups in the catalogue, which is \(newest.backup) alone"
            : "\(sorted.count) backups from \(oldest.backup) to \(newest.backup)"
        switch target {
        case .latestVerified:
            throw ReferenceError(
                reason: Reason.notVerified, "none of the \(range) was proven by restoring it; choose one with to: Latest or {backup: NAME}")
        default: throw ReferenceError(reason: Reason.noBackupYet, "to: \(target) is none of the \(range)")
        }
    }

    /// What is written down of a choice.
    public static func record(of manifest: Manifest) -> RecoveryRun.ChosenBackup {
        RecoveryRun.ChosenBackup(name: manifest.backup, artifact: manifest.artifacts.first?.object.sha256 ?? manifest.fingerprintDigest)
    }

    /// The backup that was chosen before.
    /// - Throws: ``StepError`` when it is gone, or another one has its name now.
    public static func again(_ chosen: RecoveryRun.ChosenBackup, from manifests: [Manifest]) throws -> Manifest {
        let mend = "a recovery from another backup is another token"
        guard let found = manifests.first(where: { $0.backup == chosen.name }) else {
            throw StepError(
                "the backup \"\(chosen.name)\", which this step began with, is not in the catalogue any more; \(mend)", isRetriable: false)
        }
        guard record(of: found) == chosen else {
            throw StepError(
                "the backup \"\(chosen.name)\" is not the one that this step began with: its artifact is another; \(mend)",
                isRetriable: false)
        }
        return found
    }
}
