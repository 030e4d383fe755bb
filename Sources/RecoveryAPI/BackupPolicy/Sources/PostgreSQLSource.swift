import Foundation
import KubernetesModel

/// Databases of a PostgreSQL server: one by its name, or several by patterns.
public struct PostgreSQLSource: Codable, Sendable, Hashable {
    public var host: String
    public var port: Int?
    public var database: String?
    /// `app_*`, `!app_tmp`: `*` is any text, `?` any character, `!` takes away.
    public var databases: [String]?
    public var user: String
    /// Key `password`.
    public var passwordSecret: SecretReference?
    /// libpq's `sslmode`; `verify-full` when a CA is given, else `prefer`.
    public var sslMode: String?
    /// Key `ca.crt`.
    public var caSecret: SecretReference?

    public init(
        host: String, port: Int? = nil, database: String? = nil, databases: [String]? = nil, user: String,
        passwordSecret: SecretReference? = nil, sslMode: String? = nil, caSecret: SecretReference? = nil
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.databases = databases
        self.user = user
        self.passwordSecret = passwordSecret
        self.sslMode = sslMode
        self.caSecret = caSecret
    }

    /// `postgresql/hotswap`, `postgresql/app_*,!app_tmp`.
    var summary: String { "postgresql/\(database ?? (databases ?? []).joined(separator: ","))" }
}

extension PostgreSQLSource {
    static let schema = Schema.object(
        "Databases of a PostgreSQL server, dumped logically.",
        connection + [
            // Any name that PostgreSQL allows: it is quoted, never spliced.
            ("database", .string("The database's name, as it is: quoting is done for you.", maxLength: 63)),
            (
                "databases",
                .atomicList(
                    "Several databases, by patterns: * is any text, ? any character, and a pattern after ! takes away what the others chose. Templates are never among them.",
                    maxItems: 64, .string("A pattern: app_* or !app_tmp.", minLength: 1, maxLength: 128)
                ).minItems(1)
            ),
        ]
    ).rule("has(self.database) != has(self.databases)", "postgresql needs exactly one of database and databases")

    /// One database of a server, where something is restored or asked.
    static let targetSchema = Schema.object(
        "A database of a PostgreSQL server.",
        connection + [
            ("database", .string("The database's name, as it is: quoting is done for you.", maxLength: 63).required)
        ])

    /// A server in which a database is made and dropped.
    static let serverSchema = Schema.object(
        "A PostgreSQL server with a role that may create databases; one with a name of its own is made, and dropped afterwards.",
        connection
    ).required

    private static let connection: [(key: String, value: Schema)] = [
        (
            "host",
            .string(
                "Host name, address, or the absolute path of a socket's folder.", pattern: "^[^\\s]+$", maxLength: 1024
            ).required
        ),
        ("port", .integer("The server's port; 5432 when absent.", 1...65535)),
        ("user", .string("The role that dumps and restores.", maxLength: 63).required),
        ("passwordSecret", .secret("The Secret with the role's password.", key: "password")),
        (
            "sslMode",
            .enumeration(
                "How the connection is protected; verify-full where caSecret is given, else prefer.",
                ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
        ),
        ("caSecret", .secret("The Secret with the certificates that the server's is checked against.", key: "ca.crt")),
    ]
}
