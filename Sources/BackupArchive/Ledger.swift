public import Foundation
public import ObjectStore

/// One execution of one token of one plan, as the store remembers it. It is what keeps a recovery from running twice.
public struct LedgerEntry: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, Hashable {
        case started = "Started"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case aborted = "Aborted"

        public var isFinal: Bool { self != .started }
    }

    public var namespace: String
    public var plan: String
    public var token: String
    /// The run's name and UID: a run of the same name in another cluster is another run.
    public var run: String
    public var runUID: String
    public var planHash: String
    public var state: State
    public var startedAt: Date
    public var finishedAt: Date?
    /// Runs that took the token over with `resume`, oldest first.
    public var resumedFrom: [String]?

    public init(
        namespace: String, plan: String, token: String, run: String, runUID: String, planHash: String, startedAt: Date
    ) {
        self.namespace = namespace
        self.plan = plan
        self.token = token
        self.run = run
        self.runUID = runUID
        self.planHash = planHash
        self.startedAt = startedAt
        state = .started
    }
}

public struct Ledger: Sendable {
    private let store: any ObjectStore

    public init(_ store: any ObjectStore) { self.store = store }

    public enum Outcome: Sendable, Hashable {
        /// The token is ours: now, or since before a restart.
        case ours(LedgerEntry)
        /// Another run has it.
        case taken(LedgerEntry)
    }

    public func entry(namespace: String, plan: String, token: String) async throws -> LedgerEntry? {
        let key = BucketLayout.ledger(namespace: namespace, plan: plan, token: token)
        try await BucketFormat.check(store)
        guard try await store.head(key) != nil else { return nil }
        return try await read(key)
    }

    /// Takes the token with a conditional create: of any number of runs one gets it.
    ///
    /// Asked again by the run that has it, the answer is the same: an answer that was lost does no harm.
    public func begin(_ entry: LedgerEntry) async throws -> Outcome {
        let key = BucketLayout.ledger(namespace: entry.namespace, plan: entry.plan, token: entry.token)
        try await BucketFormat.establish(store)
        do {
            _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(entry)), .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {}
        let kept = try await read(key)
        return kept.runUID == entry.runUID ? .ours(kept) : .taken(kept)
    }

    /// Takes an unfinished token over from a run that was lost.
    /// - Throws: ``ArchiveError`` with `.tokenTaken` when the token is finished or changes hands meanwhile.
    public func resume(_ entry: LedgerEntry) async throws -> LedgerEntry {
        let key = BucketLayout.ledger(namespace: entry.namespace, plan: entry.plan, token: entry.token)
        try await BucketFormat.check(store)
        guard let info = try await store.head(key) else {
            throw ArchiveError(.missing, key: key, "there is nothing to resume")
        }
        var kept = try await read(key)
        if kept.runUID == entry.runUID { return kept }
        guard !kept.state.isFinal else {
            throw ArchiveError(
                .tokenTaken, key: key,
                "token \(entry.token) was executed by \(kept.run) and ended \(kept.state.rawValue)")
        }
        kept.resumedFrom = (kept.resumedFrom ?? []) + [kept.run]
        kept.run = entry.run
        kept.runUID = entry.runUID
        return try await replace(key, info, kept)
    }

    /// Writes how it ended. Done already, it changes nothing.
    public func finish(_ entry: LedgerEntry, _ state: LedgerEntry.State, at time: Date) async throws {
        let key = BucketLayout.ledger(namespace: entry.namespace, plan: entry.plan, token: entry.token)
        guard let info = try await store.head(key) else {
            throw ArchiveError(.missing, key: key, "the ledger entry is gone")
        }
        var kept = try await read(key)
        guard kept.runUID == entry.runUID else {
            throw ArchiveError(.tokenTaken, key: key, "the token was taken over by \(kept.run)")
        }
        if kept.state.isFinal { return }
        kept.state = state
        kept.finishedAt = time
        _ = try await replace(key, info, kept)
    }

    private func replace(_ key: String, _ info: ObjectInfo, _ entry: LedgerEntry) async throws -> LedgerEntry {
        do {
            _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(entry)), .ifMatch(info.etag))
            return entry
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            throw ArchiveError(.tokenTaken, key: key, "the ledger entry changed meanwhile; look at it again")
        }
    }

    private func read(_ key: String) async throws -> LedgerEntry {
        let bytes = try await store.get(key, range: nil, ifMatch: nil)
        do {
            return try JSONDecoder.archive.decode(LedgerEntry.self, from: Data(bytes))
        } catch {
            // Never taken for a free token.
            throw ArchiveError(.corrupt, key: key, "the ledger entry cannot be read: \(error)")
        }
    }
}
