import PostgreSQLClient

private let unfinished = PostgresProtectionError(.server, "not built yet")

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
