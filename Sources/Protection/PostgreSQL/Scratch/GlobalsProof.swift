import BackupArchive
import PostgreSQLClient

/// Holds what a backup has of the server as a whole against a scratch server: the roles can be made.
enum GlobalsProof {
    static func run(_ backup: Manifest, from source: any ArtifactSource, on server: ProofServer) async throws
        -> [VerificationReport.Check]
    {
        guard let globals = try await PostgresGlobals.read(of: backup, from: source) else { return [] }
        if let script = backup.artifacts.first(where: { $0.name == PostgresGlobals.scriptName }) {
            _ = try await source.bytes(script)
        }
        // A server that others use gets no roles.
        guard server.programs != nil else {
            return [.init("roles", "\(globals.roles.count) roles can be read; none was made on the named server")]
        }
        let report = try await globals.createMissing(on: server.login)
        let missing = Set(globals.roles.map(\.name)).subtracting(report.roles).subtracting([ScratchServer.user])
        guard missing.isEmpty else {
            throw VerificationFailure(check: "roles", "could not be made: \(missing.sorted().joined(separator: ", "))")
        }
        return [
            .init("roles", "\(globals.roles.count) roles and \(globals.memberships.count) memberships could be made")
        ]
    }
}
