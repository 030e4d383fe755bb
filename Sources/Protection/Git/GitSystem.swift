public import BackupArchive
public import Foundation

/// A git repository as a protected system: a mirror of all refs, stored as bundles that stock git clones.
///
/// A bundle of everything once a week; between them only what came since, so that a backup every few minutes costs next to
/// nothing. Every manifest names all bundles that it needs, oldest first.
public struct GitSystem: VerifiableSystem {
    public static let kind = "git"
    public static let isIncremental = true

    /// A backup that is older than this, or that needs so many bundles, is followed by a whole one.
    public static let wholeEvery: TimeInterval = 7 * 86400
    public static let longestChain = 64

    let remote: GitRemote
    /// Mirrors are kept below this folder between backups, so that only what is new is fetched. Losing it costs time only.
    let cache: URL
    /// Names the mirror below ``cache``: one for each policy.
    let name: String
    let now: @Sendable () -> Date

    public init(remote: GitRemote, cache: URL, name: String, now: @escaping @Sendable () -> Date = { Date() }) {
        self.remote = remote
        self.cache = cache
        self.name = name
        self.now = now
    }

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        try await GitMirror.use(remote, cache: cache, name: name) { mirror in
            let repository = mirror.repository
            progress("fetching")
            // Whatever was pushed before this instant is in the backup.
            let recoveryPoint = now()
            let version = try await mirror.update()
            let found: Look
            do { found = try await Self.look(repository, after: previous, recoveryPoint, progress) } catch let error
                as GitError where error.code == .damaged
            {
                // The mirror may be what is damaged, not the repository.
                progress("fetching everything")
                try await mirror.clone()
                found = try await Self.look(repository, after: previous, recoveryPoint, progress)
            }
            let (fingerprint, plan) = (found.fingerprint, found.plan)
            for artifact in plan.kept { await sink.keep(artifact) }
            if let revisions = plan.revisions {
                progress("storing")
                try await sink.store(plan.bundleName) { write in
                    try await repository.tool.stream(
                        ["bundle", "create", "--quiet", "-", "--all", "--stdin"], in: repository.folder,
                        input: revisions, into: write)
                }
            }
            let commits =
                fingerprint.refs.isEmpty
                ? "0" : try await repository.tool.run(["rev-list", "--count", "--all"], in: repository.folder)
            return BackupRecord(
                recoveryPoint: recoveryPoint, toolVersion: version,
                counts: [
                    "refs": Int64(fingerprint.refs.count),
                    "commits": Int64(commits.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0,
                ],
                fingerprint: try fingerprint.canonicalJSON,
                warnings: found.warnings + (try await repository.omissions()))
        }
    }

    private struct Look: Sendable {
        var fingerprint: GitFingerprint
        var plan: BundlePlan
        var warnings: [String]
    }

    private static func look(
        _ repository: GitRepository, after previous: Manifest?, _ now: Date, _ progress: @Sendable (String) -> Void
    ) async throws -> Look {
        let fingerprint = try await repository.fingerprint()
        progress("checking")
        let plan = try await BundlePlan.make(for: fingerprint, after: previous, in: repository, now: now)
        return Look(fingerprint: fingerprint, plan: plan, warnings: try await repository.check(full: plan.isWhole))
    }

    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let expected = try Self.fingerprint(of: backup)
        let tool = try GitTool(nil, folder: scratch.appending(path: "tool"))
        defer { tool.remove() }
        let repository = GitRepository(folder: scratch.appending(path: "restored.git"), tool: tool)
        do {
            try await Self.unpack(backup, expected, from: source, into: repository, progress: progress)
            progress("checking")
            try await repository.check(full: true)
            let found = try await repository.fingerprint()
            let differences = expected.differences(from: found)
            guard differences.isEmpty else {
                throw VerificationFailure(check: "refs", differences.joined(separator: "; "))
            }
            if !expected.refs.isEmpty {
                let clone = scratch.appending(path: "clone")
                try await tool.run(["clone", "--quiet", "--no-checkout", "--", repository.folder.path, clone.path])
            }
        } catch let error as GitError where error.code == .damaged || error.code == .toolFailed {
            throw VerificationFailure(check: "git", error.message)
        }
        return VerificationReport(checks: [
            .init("bundles", "\(backup.artifacts.count) bundles unpacked into an empty repository"),
            .init("fsck", "every object is there and has its name"),
            .init("refs", "all \(expected.refs.count) refs point to the recorded commits"),
            .init("clone", "a clone of it works"),
        ])
    }

    /// What a backup recorded.
    /// - Throws: `ArchiveError` with `.corrupt`.
    static func fingerprint(of backup: Manifest) throws -> GitFingerprint {
        do { return try GitFingerprint(canonicalJSON: backup.record.fingerprint) } catch {
            throw ArchiveError(.corrupt, key: backup.backup, "the manifest's fingerprint cannot be read")
        }
    }

    /// Fills a new bare repository with a backup.
    static func unpack(
        _ backup: Manifest, _ expected: GitFingerprint, from source: any ArtifactSource, into repository: GitRepository,
        progress: @escaping @Sendable (String) -> Void
    ) async throws {
        try await repository.tool.run(["init", "--quiet", "--bare", "--", repository.folder.path])
        for (index, artifact) in backup.artifacts.enumerated() {
            progress("unpacking \(index + 1) of \(backup.artifacts.count)")
            let file = repository.folder.appending(path: "dr-restore-\(index).bundle")
            try await source.download(artifact, to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            try await repository.tool.run(["bundle", "unbundle", file.path], in: repository.folder)
        }
        try await repository.setRefs(expected)
    }
}

/// What a backup stores, decided from what the mirror holds now and what the backup before it had.
struct BundlePlan: Sendable {
    /// Bundles of earlier backups that this one needs too, oldest first.
    var kept: [NamedArtifact]
    /// What is stored already, for `git bundle create --all --stdin`; nil when there is nothing new to store.
    var revisions: String?
    var bundleName: String
    var isWhole: Bool { kept.isEmpty }

    static func make(
        for fingerprint: GitFingerprint, after previous: Manifest?, in repository: GitRepository, now: Date
    ) async throws -> BundlePlan {
        let whole = BundlePlan(kept: [], revisions: fingerprint.refs.isEmpty ? nil : "", bundleName: "whole.bundle")
        guard let previous, let before = try? GitSystem.fingerprint(of: previous), !previous.artifacts.isEmpty,
            !isDue(after: previous, now: now)
        else { return whole }
        let new = Set(fingerprint.refs.values).subtracting(before.refs.values)
        var plan = BundlePlan(
            kept: previous.artifacts, revisions: nil, bundleName: "since-\(previous.artifacts.count).bundle")
        if new.isEmpty { return plan }
        // A ref that was rewritten may have left objects behind that a fresh mirror never had.
        let known = try await repository.existing(Set(before.refs.values))
        guard !known.isEmpty else { return whole }
        let exclusions = known.sorted().map { "^\($0)\n" }.joined()
        // New refs may point to what is stored already; git refuses to write an empty bundle.
        let commits = try await repository.tool.run(
            ["rev-list", "--objects", "--max-count=1", "--all", "--stdin"], in: repository.folder, input: exclusions)
        if !commits.isEmpty { plan.revisions = exclusions }
        return plan
    }

    private static func isDue(after previous: Manifest, now: Date) -> Bool {
        if previous.artifacts.count >= GitSystem.longestChain { return true }
        guard let whole = previous.artifacts.first else { return true }
        return now.timeIntervalSince(whole.storedAt) >= GitSystem.wholeEvery
    }
}
