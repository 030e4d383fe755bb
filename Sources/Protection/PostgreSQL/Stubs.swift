import PostgreSQLClient

private let unfinished = PostgresProtectionError(.server, "not built yet")

struct BackupRun {
    var source: PostgresConfiguration
    var options: PostgresBackup.Options
    var progress: @Sendable (PostgresProgress) -> Void
    var sink: @Sendable ([UInt8]) async throws -> Void
    func run() async throws -> PostgresBackup.Result { throw unfinished }
}
struct Landscape {
    var state: PostgresRestore.State
    static func read(token: String, server: PostgresConfiguration, maintenanceDatabase: String) async throws -> Self {
        throw unfinished
    }
}
struct RestoreRun {
    var request: PostgresRestore.Request
    var progress: @Sendable (PostgresProgress) -> Void
    func run<Source: AsyncSequence & Sendable>(
        archive: @escaping @Sendable () async throws -> Source
    ) async throws -> PostgresRestore.Report where Source.Element == [UInt8] { throw unfinished }
}
struct DatabaseReader {
    var database: PostgresConfiguration
    var jobs: Int
    var progress: @Sendable (PostgresProgress) -> Void
    func fingerprint(like expected: Fingerprint) async throws -> Fingerprint { throw unfinished }
    func differences(
        from expected: Fingerprint, verification: PostgresRestore.Verification
    ) async throws -> [PostgresVerification.Difference] { throw unfinished }
}
