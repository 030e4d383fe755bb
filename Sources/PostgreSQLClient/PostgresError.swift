/// Why PostgreSQL or the way to it refused. Holds no password and no row data.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller decides by. Codes of the manual's appendix A that ask for the same act are one case.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nobody answers there, or the name is unknown.
        case unreachable
        case tls
        /// Wrong user or password, or `pg_hba.conf` says no.
        case authenticationFailed
        case unknownDatabase
        /// Too many connections, starting up, shutting down.
        case unavailable
        /// The connection broke after it was made.
        case connectionLost
        case insufficientPrivilege
        case undefinedObject
        case duplicateObject
        case objectInUse
        case constraintViolation
        case invalidData
        case syntax
        case cancelled
        case timeout
        case conflict
        case diskFull
        case outOfMemory
        case dataCorrupted
        /// A call that the connection cannot do in its present state.
        case misuse
        case other
    }

    public var code: Code
    /// Five characters; empty when the server did not say one.
    public var sqlState: String
    public var severity: String
    public var message: String
    public var detail: String?
    public var hint: String?
    public var schema: String?
    public var table: String?
    public var column: String?
    public var constraint: String?
    /// What the server was doing. For COPY it is cut before the row's text.
    public var `where`: String?

    public init(
        code: Code, sqlState: String = "", severity: String = "ERROR", message: String, detail: String? = nil,
        hint: String? = nil, schema: String? = nil, table: String? = nil, column: String? = nil,
        constraint: String? = nil, where context: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.severity = severity
        self.message = message
        self.detail = detail
        self.hint = hint
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.where = context
    }

    /// Whether the same call may succeed later with nothing changed by a person.
    public var isRetriable: Bool {
        switch code {
        case .unreachable, .unavailable, .connectionLost, .conflict, .objectInUse: true
        default: false
        }
    }

    public var description: String {
        var text = message
        if !sqlState.isEmpty { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }
}

extension PostgresError.Code {
    /// The meaning of a SQLSTATE: PostgreSQL manual, appendix A.
    public init(sqlState: String) {
        switch sqlState {
        case "28000", "28P01": self = .authenticationFailed
        case "3D000": self = .unknownDatabase
        case "42501": self = .insufficientPrivilege
        case "42P04", "42P06", "42P07", "42710", "42723", "42701", "42712", "42P05": self = .duplicateObject
        case "42P01", "42703", "42704", "42883", "3F000", "42P02": self = .undefinedObject
        case "55006", "55P03": self = .objectInUse
        case "57014": self = .cancelled
        case "57P01", "57P02": self = .connectionLost
        case "57P03", "57P05", "53300", "53400": self = .unavailable
        case "53100": self = .diskFull
        case "53200", "54000": self = .outOfMemory
        case "57P04": self = .unknownDatabase
        case "25P03", "25P04": self = .timeout
        case "XX001", "XX002": self = .dataCorrupted
        default:
            switch sqlState.prefix(2) {
            case "08": self = .connectionLost
            case "22": self = .invalidData
            case "23": self = .constraintViolation
            case "40": self = .conflict
            case "42": self = .syntax
            case "53": self = .unavailable
            default: self = .other
            }
        }
    }
}
