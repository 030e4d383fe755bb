import Foundation
import Processes

/// The folder with one version of PostgreSQL's server: `initdb`, `postgres` and what comes with them.
struct ServerPrograms: Hashable, Sendable {
    var folder: String
    /// `15.14`
    var version: String
    var major: Int

    var initdb: String { "\(folder)/initdb" }
    var postgres: String { "\(folder)/postgres" }

    /// - Throws: ``PostgresProtectionError`` with `.toolsMissing`, naming the package to install.
    static func find(atLeast major: Int) async throws -> ServerPrograms {
        let tools = await PostgresTool.installed("postgres", folder: nil)
        return try choose(
            tools.map {
                ServerPrograms(
                    folder: String($0.path.dropLast("/postgres".count)), version: $0.version, major: $0.major)
            }
            .filter { access($0.initdb, X_OK) == 0 }, atLeast: major)
    }

    /// The newest that is not older than what made the backup: an archive goes to the same major or a newer one.
    static func choose(_ installed: [ServerPrograms], atLeast major: Int) throws -> ServerPrograms {
        // The first of equals: folders by version stand before those of `PATH`.
        var best: ServerPrograms?
        for programs in installed where programs.major >= max(major, best.map { $0.major + 1 } ?? 0) { best = programs }
        if let best { return best }
        let found =
            installed.isEmpty ? "none is here" : "here is only \(installed.map(\.version).joined(separator: ", "))"
        throw PostgresProtectionError(
            .toolsMissing, "a PostgreSQL server \(major) or newer is needed to prove the backup, \(found)",
            field: "verification",
            mend: "install postgresql-\(major) where dr runs, or name a server as verification.target")
    }
}
