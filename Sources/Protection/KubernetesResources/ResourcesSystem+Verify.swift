public import BackupArchive
public import Foundation
import KubernetesClient
import KubernetesModel
import Synchronization

extension ResourcesSystem {
    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let expected = try Self.fingerprint(of: backup)
        let artifact = try backup.artifact(Self.artifactName)
        progress("comparing")
        try await source.read(artifact) { pieces in try await Comparison.run(pieces, with: expected) }
        progress("asking the API server")
        // Only what is whole is sent to the server.
        let checking = Checking(
            check: ObjectCheck(client: client, standIn: namespace), reaches: selection.reachesCluster,
            namespace: namespace)
        let tally = try await source.read(artifact) { pieces in try await checking.run(pieces, progress: progress) }
        guard tally.refused.isEmpty else {
            throw VerificationFailure(
                check: "dry-run",
                "the API server would refuse \(tally.refusedCount) of \(expected.objects) objects: \(tally.refused.joined(separator: "; "))"
            )
        }
        return VerificationReport(
            checks: [
                .init("documents", "\(expected.objects) objects read back from YAML"),
                .init(
                    "objects",
                    "the count and the digest of each of \(expected.resources.count) resources are those that were recorded"
                ),
                .init("dry-run", tally.summary),
            ], level: tally.level(of: expected.objects))
    }

    /// What a backup recorded.
    /// - Throws: `ArchiveError` with `.corrupt`.
    static func fingerprint(of backup: Manifest) throws -> ResourcesFingerprint {
        do { return try ResourcesFingerprint(canonicalJSON: backup.record.fingerprint) } catch {
            throw ArchiveError(.corrupt, key: backup.backup, "the manifest's fingerprint cannot be read")
        }
    }
}

/// Reads an artifact and compares it with the record.
enum Comparison {
    static func run(_ pieces: PlainBytes, with expected: ResourcesFingerprint) async throws {
        var digests: [String: ObjectDigest] = [:]
        try await ResourceDocuments.each(pieces) { object, key in
            let name = expected.resource(of: object)
            digests[name, default: ObjectDigest(key: key)].add(ResourceDocuments.canonical(object))
        }
        let differences = expected.differences(from: digests)
        guard differences.isEmpty else {
            throw VerificationFailure(check: "objects", differences.joined(separator: "; "))
        }
    }
}
