import Foundation
import PostgreSQLClient
import Processes

/// A stock program of PostgreSQL and its version.
struct PostgresTool: Hashable, Sendable {
    var path: String
    /// `15.14`
    var version: String
    var major: Int

    /// - Throws: ``PostgresProtectionError`` with `.toolsMissing`, naming the package to install.
    static func find(_ name: String, atLeast major: Int, folder: String?) async throws -> PostgresTool {
        try choose(await installed(name, folder: folder), name, atLeast: major)
    }

    /// The oldest that is not older than `major`: a newer `pg_dump` reads older servers, never the other way round, and the
    /// nearest writes what that server's own tools read.
    static func choose(_ tools: [PostgresTool], _ name: String, atLeast major: Int) throws -> PostgresTool {
        if let tool = tools.filter({ $0.major >= major }).min(by: { $0.major < $1.major }) { return tool }
        let found = tools.isEmpty ? "none is here" : "here is only \(tools.map(\.version).joined(separator: ", "))"
        throw PostgresProtectionError(
            .toolsMissing, "\(name) \(major) or newer is needed, \(found)",
            mend: "install postgresql-client-\(major), or set PATH")
    }

    /// Versioned folders come first: what stands in `PATH` on Debian is a script that chooses among them.
    static func installed(_ name: String, folder: String?) async -> [PostgresTool] {
        var tools: [PostgresTool] = []
        for candidate in candidates(name, folder: folder) where access(candidate, X_OK) == 0 {
            guard let output = try? await runChild(Command(candidate, ["--version"]), limit: 4096),
                let version = Self.version(in: String(decoding: output, as: UTF8.self))
            else { continue }
            tools.append(PostgresTool(path: candidate, version: version.text, major: version.major))
        }
        return tools
    }

    private static func candidates(_ name: String, folder: String?) -> [String] {
        if let folder { return ["\(folder)/\(name)"] }
        let versions = "/usr/lib/postgresql"
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return installed.sorted().map { "\(versions)/\($0)/bin/\(name)" }
            + path.split(separator: ":").map { "\($0)/\(name)" }
    }

    /// Of `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
    static func version(in text: String) -> (text: String, major: Int)? {
        for word in text.split(whereSeparator: \.isWhitespace) {
            let digits = word.prefix { $0.isNumber }
            if let major = Int(digits), major >= 9 { return (String(word), major) }
        }
        return nil
    }
}
