public import Foundation
public import ObjectStore

/// Which cluster writes the backups of a policy. Two that did would delete each other's.
public struct WriterClaim: Codable, Sendable, Hashable {
    public var namespace: String
    public var policy: String
    /// The UID of the cluster's namespace kube-system, which it has for its whole life.
    public var holder: String
    /// For people: the operator's host.
    public var host: String
    /// Grows with every change of hands.
    public var epoch: Int
    public var since: Date
    /// The holders before, oldest first.
    public var takenFrom: [String]

    public init(
        namespace: String, policy: String, holder: String, host: String, epoch: Int = 1, since: Date,
        takenFrom: [String] = []
    ) {
        self.namespace = namespace
        self.policy = policy
        self.holder = holder
        self.host = host
        self.epoch = epoch
        self.since = since
        self.takenFrom = takenFrom
    }

    /// What a person has to write to take it over from this holder: its name, and where it has changed hands between the
    /// same two before, the epoch too. An old consent is none to a new change.
    public func consent(for taker: String) -> String { takenFrom.contains(taker) ? "\(holder)/\(epoch)" : holder }
}

/// What to do about a claim, as a function of it and of what people consented to.
public enum WriterDecision: Sendable, Hashable {
    case create
    case ours
    case take
    case refused

    public static func decide(_ claim: WriterClaim?, holder: String, adopt: [String]) -> WriterDecision {
        guard let claim else { return .create }
        if claim.holder == holder { return .ours }
        if adopt.contains("\(claim.holder)/\(claim.epoch)") { return .take }
        return adopt.contains(claim.holder) && !claim.takenFrom.contains(holder) ? .take : .refused
    }
}

/// The claims in a store. A restore needs none.
public struct Writers: Sendable {
    private let store: any ObjectStore

    public init(_ store: any ObjectStore) { self.store = store }

    public enum Outcome: Sendable, Hashable {
        case ours(WriterClaim)
        case foreign(WriterClaim)
    }

    public func claim(namespace: String, policy: String) async throws -> WriterClaim? {
        try await read(BucketLayout.writer(namespace: namespace, policy: policy))?.claim
    }

    /// Takes the claim if nobody has it, with a conditional create, or if it may be taken over; else says who has it.
    /// - Parameter adopt: The holders, or `holder/epoch`, that a person said to take it from.
    public func claim(
        namespace: String, policy: String, holder: String, host: String, adopt: [String], now: Date
    ) async throws -> Outcome {
        let key = BucketLayout.writer(namespace: namespace, policy: policy)
        try await BucketFormat.check(store)
        // Again when another was faster.
        for _ in 0..<5 {
            let found = try await read(key)
            let new: WriterClaim
            let condition: PutCondition
            switch (WriterDecision.decide(found?.claim, holder: holder, adopt: adopt), found) {
            case (.ours, let found?): return .ours(found.claim)
            case (.refused, let found?): return .foreign(found.claim)
            case (.take, let found?):
                new = WriterClaim(
                    namespace: namespace, policy: policy, holder: holder, host: host, epoch: found.claim.epoch + 1,
                    since: now,
                    takenFrom: found.claim.takenFrom + [found.claim.holder])
                condition = .ifMatch(found.etag)
            default:
                new = WriterClaim(namespace: namespace, policy: policy, holder: holder, host: host, since: now)
                condition = .ifAbsent
            }
            do {
                try await BucketFormat.establish(store)
                _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(new)), condition)
                return .ours(new)
            } catch let error as ObjectStoreError where error.code == .preconditionFailed {}
        }
        throw ArchiveError(.tokenTaken, key: key, "it changes hands all the time; look at which clusters claim it")
    }

    private func read(_ key: String) async throws -> (claim: WriterClaim, etag: String)? {
        guard let info = try await store.head(key) else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try await store.get(key, range: nil, ifMatch: nil)
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
        // Never taken for a free claim.
        guard let claim = try? JSONDecoder.archive.decode(WriterClaim.self, from: Data(bytes)) else {
            throw ArchiveError(
                .corrupt, key: key,
                "it does not say which cluster writes the policy's backups; look at it and delete it")
        }
        return (claim, info.etag)
    }
}
