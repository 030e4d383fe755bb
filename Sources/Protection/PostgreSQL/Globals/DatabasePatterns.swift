import PostgreSQLClient

/// Chooses databases by name: `app_*` and `!app_tmp`.
public struct DatabasePatterns: Hashable, Sendable {
    let chosen: [String]
    let excluded: [String]

    public init(_ patterns: [String]) {
        chosen = patterns.filter { !$0.hasPrefix("!") }
        excluded = patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
    }

    func select(_ names: [String]) -> [String] { names.filter(matches) }

    /// Whether the database is one of those that are meant.
    public func matches(_ name: String) -> Bool {
        chosen.contains { Self.matches(name, $0) } && !excluded.contains { Self.matches(name, $0) }
    }

    /// `*` is any text, `?` one character; everything else is itself. In time linear in the product of the lengths,
    /// whatever the pattern.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name), Array(pattern))
        var (n, p) = (0, 0)
        // Where the last star stood, and what it has taken so far.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                n += 1
                p += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (n, p) = (last.name + 1, last.pattern + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }

    /// The databases of the server that are chosen, by name. Templates, those that take no connections, and those that a
    /// restore or a verification is making or has put aside are none of them.
    /// - Throws: ``PostgresProtectionError`` when none is.
    func databases(of server: PostgresConfiguration) async throws -> [String] {
        let names = try await translatingErrors(server) {
            let connection = try await PostgresConnection.connect(server)
            let result = try await connection.query(
                """
                SELECT datname, pg_catalog.shobj_description(oid, 'pg_database') AS comment FROM pg_catalog.pg_database
                WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2 ORDER BY datname COLLATE "C"
                """)
            await connection.close()
            return result.rows.compactMap { row -> String? in
                let phase = row["comment"].flatMap(RestoreMarker.init(comment:))?.phase
                return phase == nil || phase == .done ? row["datname"] : nil
            }
        }
        let found = select(names)
        guard found.isEmpty else { return found }
        let known = names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
        throw PostgresProtectionError(
            .unknownDatabase, "no database of the server matches", field: "databases",
            mend: "change the patterns; the server has \(known)")
    }
}
