public import BackupArchive
import Foundation
public import RecoveryAPI

/// Which backup a target means, as a function of the catalogue.
public enum BackupChoice {
    /// - Parameter verdicts: What was found by restoring them. What was found broken is chosen by its name alone.
    /// - Throws: ``ReferenceError`` saying what there is instead.
    public static func choose(
        _ target: RecoveryTarget, from manifests: [Manifest], verdicts: Verdicts
    ) throws -> Manifest {
        let sorted = manifests.sorted { ($0.recoveryPoint, $0.backup) < ($1.recoveryPoint, $1.backup) }
        let good = sorted.filter { !verdicts.isBroken($0) }
        let found: Manifest? =
            switch target {
            case .latest: good.last
            case .latestVerified: good.last(where: verdicts.isProven)
            case .backup(let name): sorted.first { $0.backup == name }
            case .time(let time): good.last { $0.recoveryPoint <= time }
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
                reason: Reason.notVerified,
                "none of the \(range) was proven by restoring it; choose one with to: Latest or {backup: NAME}")
        default:
            let broken = sorted.filter(verdicts.isBroken).map(\.backup)
            let note =
                broken.isEmpty
                ? ""
                : "; found broken and not counted, unless named with to: {backup: NAME}: \(broken.suffix(5).joined(separator: ", "))"
            throw ReferenceError(reason: Reason.noBackupYet, "to: \(target) is none of the \(range)\(note)")
        }
    }

    /// What is written down of a choice.
    public static func record(of manifest: Manifest) -> RecoveryRun.ChosenBackup {
        RecoveryRun.ChosenBackup(
            name: manifest.backup, artifact: manifest.artifacts.first?.object.sha256 ?? manifest.fingerprintDigest)
    }

    /// The backup that was chosen before.
    /// - Throws: ``StepError`` when it is gone, or another one has its name now.
    public static func again(_ chosen: RecoveryRun.ChosenBackup, from manifests: [Manifest]) throws -> Manifest {
        let mend = "a recovery from another backup is another token"
        guard let found = manifests.first(where: { $0.backup == chosen.name }) else {
            throw StepError(
                "the backup \"\(chosen.name)\", which this step began with, is not in the catalogue any more; \(mend)",
                isRetriable: false)
        }
        guard record(of: found) == chosen else {
            throw StepError(
                "the backup \"\(chosen.name)\" is not the one that this step began with: its artifact is another; \(mend)",
                isRetriable: false)
        }
        return found
    }
}
