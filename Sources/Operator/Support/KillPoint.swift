#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Foundation

/// The instants at which a kill must do no harm. Each stands between two outside effects of a backup or a recovery.
///
/// With `DR_KILL_AT=<name>` in the environment the process ends itself there with SIGKILL, as a lost node would end it;
/// the tests walk all of them in a real process.
public enum KillPoint: String, CaseIterable, Sendable {
    // A backup.
    case backupStarted = "backup-started"
    case backupDumped = "backup-dumped"
    case backupStored = "backup-stored"
    case backupManifestWritten = "backup-manifest-written"
    // A recovery.
    case runCreated = "run-created"
    case ledgerWritten = "ledger-written"
    case stepIntended = "step-intended"
    case stepDone = "step-done"
    // The phases of a restore, as each begins.
    case restoreSchema = "restore-schema"
    case restoreLoading = "restore-loading"
    case restoreIndexes = "restore-indexes"
    case restoreVerifying = "restore-verifying"
    case restoreSwapping = "restore-swapping"
    case restoreDone = "restore-done"
    case runFinished = "run-finished"
    case ledgerClosed = "ledger-closed"

    private static let chosen = ProcessInfo.processInfo.environment["DR_KILL_AT"]

    /// Ends the process here if it was told to.
    public func reached() {
        guard Self.chosen == rawValue else { return }
        kill(getpid(), SIGKILL)
    }
}
