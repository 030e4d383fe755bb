public import BackupArchive
import Foundation
import KubernetesModel

/// Brings a snapshot back into a running server: the server must run and be unsealed to take one; afterwards it has the keys
/// of the backup, and is unsealed with those.
public struct VaultRestore: Sendable {
    public struct Report: Sendable, Hashable {
        public var cluster: String
        public var version: String
        /// For people: what was checked, and what was not.
        public var notes: [String]
        /// Nothing had to be done.
        public var wasAlreadyDone: Bool
    }

    let backup: Manifest
    let source: any ArtifactSource
    let server: VaultServer
    let keys: UnsealKeys
    /// Of the server as it is, with the right to restore; not needed where the restore initialises it. It is tried again
    /// afterwards, to read the canary.
    let token: String?
    let mayInitialise: Bool
    let canary: VaultCanary?
    /// Names this restore for ever, letters, digits and `-`: the mark on the server has its name.
    let identity: String
    let journal: any VaultRestoreJournal
    let progress: @Sendable (String) -> Void
    /// Kills the process when a test asks for it here.
    let reached: @Sendable (String) -> Void
    /// How long a snapshot that the server took may need to take hold.
    var patience = Duration.seconds(30)

    public init(
        _ backup: Manifest, from source: any ArtifactSource, to server: VaultServer, keys: UnsealKeys, token: String?,
        mayInitialise: Bool,
        canary: VaultCanary?, identity: String, journal: any VaultRestoreJournal,
        progress: @escaping @Sendable (String) -> Void,
        reached: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.backup = backup
        self.source = source
        self.server = server
        self.keys = keys
        self.token = token
        self.mayInitialise = mayInitialise
        self.canary = canary
        self.identity = identity
        self.journal = journal
        self.progress = progress
        self.reached = reached
    }

    /// Does what is not done yet. May be killed anywhere and run again: the snapshot is put in once.
    /// - Throws: ``VaultError``; `ArchiveError` for an artifact that is not what was stored.
    public func run() async throws -> Report {
        let fingerprint = try VaultSystem.fingerprint(of: backup)
        try keys.check(for: fingerprint)
        _ = try backup.artifact(VaultSystem.artifact)
        return try await VaultClient.with(server) { client in
            var wasUploaded = false
            // Every turn does one thing that can be seen; a dozen are too many for any way through.
            for _ in 0..<12 {
                let status = try await client.sealStatus()
                try fits(status, fingerprint)
                let state = try await journal.load()
                if let state, state.backup != backup.backup {
                    throw VaultError(
                        .targetUnfit, "a restore of \(state.backup) by this step is under way",
                        field: "restoreVault.to", mend: "restore that backup, or use another token")
                }
                switch VaultRestoreMove.next(status, state, backup: fingerprint, mayInitialise: mayInitialise) {
                case .refuse(let error): throw error
                case .initialise: try await initialise(client, fingerprint)
                case .unsealNew where state?.initialisation == nil:
                    try await unsealOriginal(client, nil, status, fingerprint)
                case .unsealNew: try await unsealNew(client, state)
                case .unsealOriginal: try await unsealOriginal(client, state, status, fingerprint)
                case .unsealEither:
                    do { try await client.unseal(keys) } catch let error as VaultError
                        where error.code == .unsealKeys && state?.initialisation != nil
                    {
                        try await unsealNew(client, state)
                    }
                    try await client.waitUntilActive()
                case .findOut: try await findOut(client, state)
                case .upload:
                    try await upload(client, state, status)
                    wasUploaded = true
                case .check:
                    let notes = try await check(client, fingerprint, state)
                    return Report(
                        cluster: fingerprint.cluster.id, version: status.version, notes: notes,
                        wasAlreadyDone: !wasUploaded)
                }
            }
            throw VaultError(
                .serverError, "the server does not come to rest: it seals itself again and again",
                field: "restoreVault", mend: "look at its log", isRetriable: true)
        }
    }

    private func fits(_ status: SealStatus, _ fingerprint: VaultFingerprint) throws(VaultError) {
        if let storage = status.storage, storage != "raft" { throw .notRaft(storage) }
        guard status.type == fingerprint.seal.type else {
            throw VaultError(
                .targetUnfit, "the server is sealed by \(status.type), the backup by \(fingerprint.seal.type)",
                field: "restoreVault.target",
                mend: "restore into a server with the seal \(fingerprint.seal.type)")
        }
    }

    private func initialise(_ client: VaultClient, _ fingerprint: VaultFingerprint) async throws {
        progress("initialising the server")
        // With the backup's numbers: a server keeps those in memory, and would put the backup's keys together wrongly.
        let made = try await client.initialise(shares: fingerprint.seal.shares, threshold: fingerprint.seal.threshold)
        try await journal.save(VaultRestoreState(phase: .initialised, backup: backup.backup, initialisation: made))
        reached("initialised")
    }

    private func unsealNew(_ client: VaultClient, _ state: VaultRestoreState?) async throws {
        guard let made = state?.initialisation else {
            throw VaultError(
                .unsealKeys, "the server is sealed by keys that nobody has", field: "restoreVault",
                mend: "empty its storage and run this again")
        }
        progress("unsealing the new server")
        try await client.unseal(UnsealKeys(keys: made.keys))
        try await client.waitUntilActive()
        reached("new unsealed")
    }

    private func unsealOriginal(
        _ client: VaultClient, _ state: VaultRestoreState?, _ status: SealStatus, _ fingerprint: VaultFingerprint
    ) async throws {
        progress("unsealing it with the keys of the backup")
        if state != nil, status.threshold != fingerprint.seal.threshold {
            throw VaultError(
                .targetUnfit,
                "the snapshot is in; the server still asks for \(status.threshold) of \(status.shares) keys, as it did before, where the backup has \(fingerprint.seal.threshold) of \(fingerprint.seal.shares)",
                field: "restoreVault.target",
                mend: "restart the server: it then asks for the right number, and the restore goes on",
                isRetriable: true)
        }
        do { try await client.unseal(keys) } catch let error as VaultError
            where error.code == .unsealKeys && state == nil
        {
            throw VaultError(
                .unsealKeys, "the server is sealed, and the given keys are not its own",
                field: "restoreVault.unsealKeysSecret",
                mend:
                    "unseal it with its own keys and give a tokenSecret of it, or empty its storage and set initialise: true"
            )
        }
        try await client.waitUntilActive()
        reached("original unsealed")
    }

    private static func markPath(_ identity: String) -> String {
        "sys/policies/acl/dr-restore-\(identity.lowercased())".escapedVaultPath
    }

    private func login(_ client: VaultClient, _ state: VaultRestoreState?) throws -> VaultClient {
        if let token = state?.initialisation?.token { return client.with(token: token) }
        guard let token else {
            throw VaultError(
                .tokenInvalid, "the server is initialised, and there is no token of it",
                field: "restoreVault.tokenSecret",
                mend:
                    "give one that may restore: path \"sys/storage/raft/snapshot-force\" { capabilities = [\"create\", \"update\", \"sudo\"] } and path \"sys/policies/acl/dr-restore-*\" { capabilities = [\"create\", \"read\", \"update\"] }"
            )
        }
        return client.with(token: token)
    }

    /// A kill came between the mark and its end. The snapshot does not have the mark.
    ///
    /// Only a valid token sees the mark: one that is refused may have expired, or may be of the time after the backup and gone
    /// with the restore. Where another cluster became the backup's, ``VaultRestoreMove`` needs none.
    private func findOut(_ client: VaultClient, _ state: VaultRestoreState?) async throws {
        guard var state else { return }
        try await client.waitUntilActive()
        let client = try login(client, state)
        do { try await client.call("GET", "auth/token/lookup-self") } catch let error as VaultError
            where error.code == .forbidden
        {
            throw VaultError(
                .tokenInvalid,
                "a snapshot was being put in when the restore was ended, and the token that would show whether it arrived is not valid",
                field: "restoreVault.tokenSecret",
                mend: "put one into the Secret that is valid on the server as it is now; then the restore goes on",
                isRetriable: true)
        }
        var isMarked = false
        do {
            try await client.call("GET", Self.markPath(identity))
            isMarked = true
        } catch let error as VaultError where error.code == .notFound {}
        state.phase = isMarked ? .initialised : .restored
        try await journal.save(state)
    }

    private func upload(_ client: VaultClient, _ state: VaultRestoreState?, _ status: SealStatus) async throws {
        try await client.waitUntilActive()
        let client = try login(client, state)
        do { try await client.call("GET", "auth/token/lookup-self") } catch let error as VaultError
            where error.code == .forbidden
        { throw VaultError.tokenInvalid }
        // The mark: who comes after a kill sees by it whether the snapshot has taken its place.
        try await client.call(
            "PUT", Self.markPath(identity),
            ["policy": "# set by dr before a restore; gone with it\npath \"none\" { capabilities = [\"deny\"] }"],
            policy: "path \"sys/policies/acl/dr-restore-*\" { capabilities = [\"create\", \"read\", \"update\"] }")
        var state = state ?? VaultRestoreState(phase: .restoring, backup: backup.backup)
        state.phase = .restoring
        state.clusterBefore = status.clusterID
        try await journal.save(state)
        reached("marked")
        progress("restoring the snapshot")
        let tookHold = try await client.restore(
            try backup.artifact(VaultSystem.artifact), from: source, within: patience)
        reached("uploaded")
        // The mark tells it, to this run or to the next.
        guard tookHold else {
            try await findOut(client, state)
            guard try await journal.load()?.phase == .restored else {
                throw VaultError(
                    .serverError,
                    "the server accepted the snapshot, and \(patience.components.seconds) seconds later it still holds what it held before",
                    field: "restoreVault.target", mend: "look at its log; the restore tries again", isRetriable: true)
            }
            return
        }
        state.phase = .restored
        try await journal.save(state)
        reached("noted")
    }

    /// Checks, and writes down that it is over: the keys of a new server are worth nothing now.
    private func check(_ client: VaultClient, _ fingerprint: VaultFingerprint, _ state: VaultRestoreState?) async throws
        -> [String]
    {
        try await client.waitUntilActive()
        // What is in it may have changed since: it is in use.
        if let state, state.isDone { return state.notes ?? [] }
        let notes = try await check(client, fingerprint)
        reached("checked")
        try await journal.save(VaultRestoreState(phase: .done, backup: backup.backup, notes: notes))
        reached("done")
        return notes
    }

    private func check(_ client: VaultClient, _ fingerprint: VaultFingerprint) async throws -> [String] {
        progress("checking")
        let status = try await client.sealStatus()
        guard status.clusterID == fingerprint.cluster.id else {
            throw VaultError(
                .targetUnfit,
                "the server is the cluster \(status.clusterID ?? "none") instead of \(fingerprint.cluster.id)",
                field: "restoreVault.target",
                mend: "look at the server's log; nothing was changed after the snapshot was put in")
        }
        var notes = ["unsealed with the backup's keys", "it is the cluster \(fingerprint.cluster.id)"]
        guard let token else { return notes + ["no secret was read: no tokenSecret is given"] }
        let client = client.with(token: token)
        do { try await client.call("GET", "auth/token/lookup-self") } catch let error as VaultError
            where error.code == .forbidden
        {
            return notes + ["no secret was read: the token of tokenSecret is not one of the restored cluster"]
        }
        if let key = fingerprint.key, let found = try? await client.keyStatus() {
            guard found.term == key.term else {
                throw VaultError(
                    .targetUnfit, "the encryption key has the term \(found.term) instead of \(key.term)",
                    field: "restoreVault.target", mend: "look at the server's log")
            }
            notes.append("its encryption key has the recorded term \(key.term)")
        }
        if let recorded = fingerprint.canary {
            guard
                try await VaultCanary(path: recorded.path, key: recorded.key).digest(client, salt: recorded.salt)
                    == recorded.digest
            else {
                throw VaultError(
                    .targetUnfit, "the secret \(recorded.path) is not what it was", field: "restoreVault.target",
                    mend: "somebody has written it since the restore, or the backup is another one")
            }
            notes.append("the secret \(recorded.path) has the value that it had")
        } else if let canary {
            _ = try await canary.digest(client, salt: "")
            notes.append("the secret \(canary.path) can be read")
        }
        return notes
    }
}

extension VaultServer {
    /// Unseals the node that the address leads to; nothing where it is unsealed.
    /// - Returns: Whether it had to be.
    public func unseal(with keys: UnsealKeys) async throws -> Bool {
        try await VaultClient.with(self) { client in
            guard try await client.sealStatus().isSealed else { return false }
            try await client.unseal(keys)
            try await client.waitUntilActive()
            return true
        }
    }
}
