public import Foundation
public import ObjectStore

/// What was found when a backup was restored elsewhere to prove it: the last time alone. In the store, so that a cluster
/// that is built anew, or none at all, knows which backups are good.
public struct Proof: Codable, Sendable, Hashable {
    public static let currentVersion = 1

    public enum Verdict: String, Codable, Sendable, Hashable {
        case proven = "Proven"
        /// It is not what was backed up. What could not be found out is no verdict, and is not written.
        case broken = "Broken"
    }

    public var version: Int
    public var namespace: String
    public var policy: String
    public var backup: String
    /// Of the manifest: a proof of another backup of the same name is no proof.
    public var fingerprintDigest: String
    public var recoveryPoint: Date
    public var verdict: Verdict
    public var checks: [VerificationReport.Check]
    /// The check that failed and what was found; nil when proven.
    public var failure: VerificationReport.Check?
    /// The request that this answers: asked again after a crash, it is not done again.
    public var requested: String
    /// Of the attempt with the verdict.
    public var startedAt: Date
    public var finishedAt: Date
    /// Who found it.
    public var verifier: String

    public init(
        of manifest: Manifest, verdict: Verdict, checks: [VerificationReport.Check],
        failure: VerificationReport.Check? = nil,
        requested: String, startedAt: Date, finishedAt: Date, verifier: String
    ) {
        version = Self.currentVersion
        namespace = manifest.namespace
        policy = manifest.policy
        backup = manifest.backup
        fingerprintDigest = manifest.fingerprintDigest
        recoveryPoint = manifest.recoveryPoint
        self.verdict = verdict
        self.checks = checks
        self.failure = failure
        self.requested = requested
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.verifier = verifier
    }

    public var seconds: Int64 { max(0, Int64(finishedAt.timeIntervalSince(startedAt).rounded())) }
}

/// What is known of one policy's backups by restoring them. A verdict is of what was backed up, not of a name: a backup that
/// was made anew under the same name has none.
public struct Verdicts: Sendable, Hashable {
    private struct Subject: Sendable, Hashable {
        var backup: String
        var fingerprintDigest: String
    }

    private var proven: Set<Subject> = []
    private var broken: Set<Subject> = []

    public init(_ proofs: [Proof] = []) {
        for proof in proofs { note(proof.verdict, backup: proof.backup, fingerprintDigest: proof.fingerprintDigest) }
    }

    public mutating func note(_ verdict: Proof.Verdict, backup: String, fingerprintDigest: String) {
        let subject = Subject(backup: backup, fingerprintDigest: fingerprintDigest)
        switch verdict {
        case .proven: proven.insert(subject)
        case .broken: broken.insert(subject)
        }
    }

    public func isProven(_ manifest: Manifest) -> Bool { proven.contains(Self.subject(manifest)) }
    public func isBroken(_ manifest: Manifest) -> Bool { broken.contains(Self.subject(manifest)) }

    private static func subject(_ manifest: Manifest) -> Subject {
        Subject(backup: manifest.backup, fingerprintDigest: manifest.fingerprintDigest)
    }
}

/// The proofs in a store, under `proofs/<namespace>/<policy>/<backup>.json`.
public struct Proofs: Sendable {
    private let store: any ObjectStore

    public init(_ store: any ObjectStore) { self.store = store }

    /// The last verdicts on one policy's backups, by what was verified. One that cannot be read counts as none.
    public func verdicts(namespace: String, policy: String) async throws -> Verdicts {
        Verdicts(try await list(namespace: namespace, policy: policy))
    }

    /// All that can be read, the newest verdict last.
    public func list(namespace: String, policy: String) async throws -> [Proof] {
        try await BucketFormat.check(store)
        let keys = try await store.list(BucketLayout.proofs(namespace: namespace, policy: policy)).map(\.key).filter {
            $0.hasSuffix(".json")
        }
        return try await withThrowingTaskGroup(of: Proof?.self) { group in
            var rest = keys[...]
            func begin() {
                guard let key = rest.popFirst() else { return }
                group.addTask { try await read(key) }
            }
            for _ in 0..<8 { begin() }
            var proofs: [Proof] = []
            while let proof = try await group.next() {
                // A copy under another policy's name proves nothing there.
                if let proof, proof.namespace == namespace, proof.policy == policy { proofs.append(proof) }
                begin()
            }
            return proofs.sorted { ($0.finishedAt, $0.backup) < ($1.finishedAt, $1.backup) }
        }
    }

    /// Nil when there is none that can be read.
    public func proof(namespace: String, policy: String, backup: String) async throws -> Proof? {
        try await BucketFormat.check(store)
        let found = try await read(BucketLayout.proof(namespace: namespace, policy: policy, backup: backup))
        guard let found, found.namespace == namespace, found.policy == policy, found.backup == backup else {
            return nil
        }
        return found
    }

    /// Replaces the one before.
    public func write(_ proof: Proof) async throws {
        try await BucketFormat.establish(store)
        let key = BucketLayout.proof(namespace: proof.namespace, policy: proof.policy, backup: proof.backup)
        _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(proof)), .none)
    }

    /// With the backup. No error when there is none.
    public func remove(namespace: String, policy: String, backup: String) async throws {
        try await store.delete(BucketLayout.proof(namespace: namespace, policy: policy, backup: backup))
    }

    /// Damaged evidence is no evidence: the backup is verified again.
    private func read(_ key: String) async throws -> Proof? {
        do {
            let bytes = try await store.get(key, range: nil, ifMatch: nil)
            guard let proof = try? JSONDecoder.archive.decode(Proof.self, from: Data(bytes)),
                proof.version == Proof.currentVersion
            else { return nil }
            return proof
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
    }
}
