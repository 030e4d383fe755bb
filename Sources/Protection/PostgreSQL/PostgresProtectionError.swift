public import PostgreSQLClient

/// Why a backup, a restore or a verification did not happen, for the person who must mend it. Holds no secret.
public struct PostgresProtectionError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case unreachable, tls, authenticationFailed, unknownDatabase, insufficientPrivilege, diskFull
        /// `pg_dump` or `pg_restore` is missing or older than the server.
        case toolsMissing
        /// `pg_dump` or `pg_restore` failed.
        case toolFailed
        /// The archive is cut off, damaged or of an unknown version.
        case damagedArchive
        case missingRoles
        /// `IntoEmpty` found tables.
        case targetNotEmpty
        /// What was restored differs from the fingerprint; the original was not touched.
        case verificationFailed
        /// Another restore into this database is under way.
        case busy
        /// The databases are in a state that this restore did not make.
        case conflict
        case connectionLost
        /// The server that a backup is proven in does not run.
        case scratchServer
        /// The server does not have an extension that the backup needs.
        case missingExtensions
        /// The server does not have a tablespace that the backup's objects lie in.
        case missingTablespaces
        case server
    }

    public var code: Code
    public var message: String
    /// The field of the resource to look at: `host`, `passwordSecret`, `database`, …
    public var field: String?
    /// What to do about it.
    public var mend: String?
    public var sqlState: String
    /// Whether the same call may succeed later with nothing changed by a person.
    public var isRetriable: Bool

    public init(
        _ code: Code, _ message: String, field: String? = nil, mend: String? = nil, sqlState: String = "",
        isRetriable: Bool = false
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.mend = mend
        self.sqlState = sqlState
        self.isRetriable = isRetriable
    }

    public var description: String {
        [field.map { "\($0): \(message)" } ?? message, mend].compactMap { $0 }.joined(separator: "; ")
    }
}

extension PostgresProtectionError {
    /// The same refusal in the words of a resource's fields.
    public init(_ error: PostgresError, server: PostgresConfiguration) {
        let (code, field, mend): (Code, String?, String?) =
            switch error.code {
            case .unreachable:
                (.unreachable, "host", "check host and port, and that the server runs and can be reached from here")
            case .unavailable: (.unreachable, nil, "the server takes no connections now; it is tried again")
            case .tls: (.tls, "sslMode", "check sslMode and that caSecret holds the server's certificate authority")
            case .authenticationFailed:
                (.authenticationFailed, "passwordSecret", "check user and passwordSecret, and pg_hba.conf")
            case .unknownDatabase: (.unknownDatabase, "database", "check the name, or create the database")
            case .insufficientPrivilege:
                (.insufficientPrivilege, "user", "grant \"\(server.user)\" the right, or use a user who has it")
            case .diskFull: (.diskFull, nil, "free or add disk space on the database server")
            case .connectionLost: (.connectionLost, nil, nil)
            default: (.server, nil, nil)
            }
        self.init(
            code, "\(server.host):\(server.port): \(error)", field: field, mend: mend, sqlState: error.sqlState,
            isRetriable: error.isRetriable)
    }
}
