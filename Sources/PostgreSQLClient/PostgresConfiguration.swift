/// Where a PostgreSQL server is and how to log in. Never printed with its password.
public struct PostgresConfiguration: Sendable, Hashable {
    /// libpq's `sslmode`. Only the two `verify` modes protect against a false server.
    public enum SSLMode: String, Sendable, Hashable, Codable, CaseIterable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// A name, an address, several of them separated by commas, or the folder of a Unix socket.
    public var host: String
    public var port: Int
    /// A plain name: `postgres://…` and `a=b` are names here, never connection strings.
    public var database: String
    public var user: String
    public var password: String?
    public var sslMode: SSLMode
    /// Certificates in PEM to trust instead of the user's `~/.postgresql/root.crt`.
    public var rootCertificates: String?
    /// What `pg_stat_activity` shows.
    public var applicationName: String
    public var connectTimeout: Duration
    /// The server ends a statement that takes longer. nil: the server's own setting.
    public var statementTimeout: Duration?
    /// Settings of the session (`search_path`, `work_mem`, …), given when it starts. Those of ``newer`` are given where the
    /// server knows them.
    public var settings: [String: String]

    public init(
        host: String, port: Int = 5432, database: String, user: String, password: String? = nil,
        sslMode: SSLMode = .prefer, rootCertificates: String? = nil, applicationName: String = "dr",
        connectTimeout: Duration = .seconds(15), statementTimeout: Duration? = nil, settings: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.sslMode = sslMode
        self.rootCertificates = rootCertificates
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.settings = settings
    }

    /// The same login into another database of the server.
    public func with(database: String, settings: [String: String] = [:]) -> Self {
        var copy = self
        copy.database = database
        copy.settings.merge(settings) { $1 }
        return copy
    }

    /// The settings that not every supported server knows, and the version that they came with: an older one refuses a
    /// session that begins with them.
    public static let newer = ["idle_session_timeout": 140_000, "transaction_timeout": 170_000]

    /// The `options` of the startup packet: `-c name=value`, blanks and backslashes escaped as the server reads them.
    /// The same text is right for the environment variable `PGOPTIONS`.
    public var startupOptions: String { startupOptions(for: 0) }

    /// - Parameter serverVersion: such as 150014; 0 where it is not known.
    public func startupOptions(for serverVersion: Int) -> String {
        var all = settings.filter { Self.newer[$0.key, default: 0] <= serverVersion }
        if let statementTimeout { all["statement_timeout"] = String(statementTimeout.wholeMilliseconds) }
        return all.sorted { $0.key < $1.key }.map { name, value in
            let escaped = "\(name)=\(value)".reduce(into: "") { text, character in
                if character == "\\" || character.isWhitespace { text.append("\\") }
                text.append(character)
            }
            return "-c \(escaped)"
        }.joined(separator: " ")
    }

    /// What is set once the server has said its version; nil when there is nothing.
    func laterSettings(for serverVersion: Int) -> String? {
        let known = settings.filter { name, _ in Self.newer[name].map { $0 <= serverVersion } ?? false }.sorted {
            $0.key < $1.key
        }
        guard !known.isEmpty else { return nil }
        return known.map { "SET \(PostgresIdentifier.quote($0.key)) TO \(PostgresLiteral.quote($0.value))" }.joined(
            separator: "; ")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "database \"\(database)\" at \(host):\(port) as \"\(user)\"" }
    public var debugDescription: String { description }
    /// `dump` and test failures print mirrors: this one has no password either.
    public var customMirror: Mirror {
        Mirror(self, children: ["host": host, "port": port, "database": database, "user": user])
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
