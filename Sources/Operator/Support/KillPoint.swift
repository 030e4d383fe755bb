#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Foundation
import Synchronization

/// The instants at which a kill must do no harm. Each stands between two outside effects of a backup or a recovery.
///
/// With `DR_KILL_AT=<name>` in the environment the process ends itself there with SIGKILL, as a lost node would end it, and
/// with `DR_KILL_AT=<name>:<n>` when it comes there for the nth time; with `DR_KILL_SIGNAL=TERM` it asks itself to end, as a
/// rollout does, with `STOP` it stands still there until SIGCONT. The tests walk all of them in a real process.
public enum KillPoint: String, CaseIterable, Sendable {
    // A backup.
    case backupStarted = "backup-started"
    /// At each thing that the system says it does: the nth is `backup-progressed:n`.
    case backupProgressed = "backup-progressed"
    case backupDumped = "backup-dumped"
    case backupStored = "backup-stored"
    case backupManifestWritten = "backup-manifest-written"
    // Retention.
    /// There is something to expire, and nothing is written down.
    case retentionDecided = "retention-decided"
    case retentionErased = "retention-erased"
    // A proof of a backup.
    case verificationStarted = "verification-started"
    /// At each thing that the system says it does.
    case verificationProgressed = "verification-progressed"
    /// There is a verdict, and nobody was told.
    case verificationJudged = "verification-judged"
    case verificationProofWritten = "verification-proof-written"
    // A recovery.
    case runCreated = "run-created"
    case ledgerWritten = "ledger-written"
    case stepIntended = "step-intended"
    /// At each thing that a step says it does.
    case stepProgressed = "step-progressed"
    case stepDone = "step-done"
    // The phases of a restore, as each begins.
    case restoreSchema = "restore-schema"
    case restoreLoading = "restore-loading"
    case restoreIndexes = "restore-indexes"
    case restoreVerifying = "restore-verifying"
    case restoreSwapping = "restore-swapping"
    case restoreDone = "restore-done"
    // A Vault's restore, after each thing that can be seen: a snapshot …
    case vaultInitialised = "vault-initialised"
    case vaultNewUnsealed = "vault-new-unsealed"
    case vaultMarked = "vault-marked"
    case vaultUploaded = "vault-uploaded"
    case vaultNoted = "vault-noted"
    case vaultOriginalUnsealed = "vault-original-unsealed"
    case vaultChecked = "vault-checked"
    case vaultDone = "vault-done"
    // … and secrets.
    case vaultKVMounted = "vault-kv-mounted"
    case vaultKVReplaced = "vault-kv-replaced"
    case vaultKVWritten = "vault-kv-written"
    case vaultKVDescribed = "vault-kv-described"
    case vaultKVDestroyed = "vault-kv-destroyed"
    case vaultKVDone = "vault-kv-done"
    case runFinished = "run-finished"
    case ledgerClosed = "ledger-closed"

    public var isOfBackup: Bool { rawValue.hasPrefix("backup-") }
    public var isOfRetention: Bool { rawValue.hasPrefix("retention-") }
    public var isOfVerification: Bool { rawValue.hasPrefix("verification-") }
    /// Of a recovery of a Vault alone.
    public var isOfVault: Bool { rawValue.hasPrefix("vault-") }
    /// The rest are of a recovery.
    public var isOfRecovery: Bool { !isOfBackup && !isOfRetention && !isOfVerification && !isOfVault }

    /// What the environment asks for.
    private struct Order: Sendable {
        var point: KillPoint
        /// The how many-th time that the point is reached.
        var time: Int
        var signal: Int32

        init?(_ environment: [String: String]) {
            let parts = environment["DR_KILL_AT"]?.split(separator: ":").map(String.init) ?? []
            guard let first = parts.first, let point = KillPoint(rawValue: first) else { return nil }
            self.point = point
            time = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
            signal = ["TERM": SIGTERM, "STOP": SIGSTOP][environment["DR_KILL_SIGNAL"] ?? ""] ?? SIGKILL
        }
    }

    private static let order = Order(ProcessInfo.processInfo.environment)
    private static let count = Mutex(0)

    /// Ends the process here if it was told to.
    public func reached() {
        guard let order = Self.order, order.point == self else { return }
        let count = Self.count.withLock { count in
            count += 1
            return count
        }
        if count == order.time { kill(getpid(), order.signal) }
    }
}
