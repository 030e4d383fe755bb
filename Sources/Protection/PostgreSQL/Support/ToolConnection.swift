import PostgreSQLClient

/// How `pg_dump` and `pg_restore` are told where to connect. Only the password is secret: it goes by the environment,
/// everything else by a connection string in which names are quoted, so that no name is taken for something else.
struct ToolConnection {
    let connectionString: String
    let environment: [String: String]
    /// Holds the certificates' file until the tool has ended.
    private let certificates: PrivateFile?

    /// - Parameter serverVersion: such as 150014; 0 where it is not known.
    init(_ configuration: PostgresConfiguration, serverVersion: Int = 0) throws {
        certificates = try configuration.rootCertificates.map(PrivateFile.init(text:))
        let seconds = max(2, Int(configuration.connectTimeout.components.seconds))
        var settings = [
            ("host", configuration.host), ("port", String(configuration.port)), ("user", configuration.user),
            ("dbname", configuration.database), ("sslmode", configuration.sslMode.rawValue),
            ("application_name", configuration.applicationName), ("connect_timeout", String(seconds)),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ]
        if let certificates { settings.append(("sslrootcert", certificates.path)) }
        connectionString = settings.map { PostgresLiteral.conninfo($0.0, $0.1) }.joined(separator: " ")
        environment = [
            "PGPASSWORD": configuration.password ?? "",
            "PGOPTIONS": configuration.startupOptions(for: serverVersion),
            // Messages that are matched must not be translated.
            "LC_ALL": "C", "LC_MESSAGES": "C",
        ]
    }

    func remove() { certificates?.remove() }
}
