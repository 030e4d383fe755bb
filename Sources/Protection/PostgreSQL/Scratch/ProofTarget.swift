import Cryptography
import PostgreSQLClient

/// A named server in which databases are made for a proof, with names that nobody else has, and dropped. What a killed
/// proof left there the next one drops: a proof under way holds a lock of its name's number, which ends with its session.
enum ProofTarget {
    private static let prefix = "dr_verify_"
    private static let lock = "pg_catalog.pg_try_advisory_lock(1146241617, pg_catalog.hashtext($1))"

    static func with<R: Sendable>(
        _ target: PostgresConfiguration, _ body: @Sendable (ProofServer) async throws -> R
    ) async throws -> R {
        let id = try SecureRandom.hexString(byteCount: 8)
        let login = target.with(database: target.database, settings: SessionSettings.patient)
        do {
            let holder = try await PostgresConnection.connect(login)
            _ = try await holder.query("SELECT \(lock)", [id])
            let version = await holder.parameterStatus("server_version") ?? ""
            try await removeLeftOvers(of: id, on: holder)
            let outcome: Result<R, any Error>
            do {
                outcome = .success(
                    try await body(
                        ProofServer(
                            login: target, programs: nil,
                            name: { "\(prefix)\(id)_\(SHA256.hexHash($0).prefix(8))" }, version: version)))
            } catch { outcome = .failure(error) }
            // In a task of its own, since this one may be cancelled.
            try await Task {
                if await holder.isUsable {
                    try await removeLeftOvers(of: id, on: holder)
                    await holder.close()
                } else if case .success = outcome {
                    throw PostgresError(code: .connectionLost, message: "the session that held the proof's lock ended")
                }
            }.value
            return try outcome.get()
        } catch let error as PostgresError {
            throw field(PostgresProtectionError(error, server: target))
        } catch let error as PostgresProtectionError {
            throw field(error)
        }
    }

    private static func field(_ error: PostgresProtectionError) -> PostgresProtectionError {
        var told = error
        told.field = error.field.map { $0.hasPrefix("verification") ? $0 : "verification.target.postgresql.\($0)" }
        return told
    }

    /// Databases of this user with names as proofs give them and nobody else who holds the lock.
    private static func removeLeftOvers(of id: String, on connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT d.datname, pg_catalog.substr(d.datname, \(prefix.count + 1), 16) AS id
            FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
            WHERE r.rolname = current_user AND d.datname ~ '^\(prefix)[0-9a-f]{16}_[0-9a-f]{8}(_restore_verify)?$'
            """
        ).rows
        for row in rows {
            guard let name = row["datname"], let id = row["id"] else { continue }
            guard try await connection.query("SELECT \(lock)", [id]).first?[0] == "t" else { continue }
            do { try await DatabaseSwap.drop(name, on: connection) } catch let error as PostgresError
                where error.code == .unknownDatabase || error.code == .objectInUse
            {
                continue  // another proof drops it too, or its last session is about to end
            }
        }
    }
}
