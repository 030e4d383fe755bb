/// How the values of a column become binary. Only types whose binary form follows from their text alone, and is the same
/// on all servers that can be restored to (13 to 18).
///
/// The forms are those of the types' `…_recv` functions in PostgreSQL's `src/backend/utils/adt`.
enum BinaryColumn: Sendable, Hashable {
    case bool, int16, int32, int64, oid
    case float32, float64, numeric
    /// Text of any kind: the bytes are the same but for COPY's escapes. Enumerations are sent as their labels.
    case text
    /// A version number, then the text.
    case jsonb
    case bytea, uuid
    case date, time, timestamp, timestampWithZone
    case inet

    /// By the number of a built-in type in `pg_type.dat`, which never changes; `isEnumeration` for others.
    init?(type: UInt32, isEnumeration: Bool) {
        switch type {
        case 16: self = .bool
        case 17: self = .bytea
        case 20: self = .int64
        case 21: self = .int16
        case 23: self = .int32
        case 25, 114, 1042, 1043: self = .text  // text, json, char(n), varchar
        case 26: self = .oid
        case 700: self = .float32
        case 701: self = .float64
        case 869: self = .inet
        case 1082: self = .date
        case 1083: self = .time
        case 1114: self = .timestamp
        case 1184: self = .timestampWithZone
        case 1700: self = .numeric
        case 2950: self = .uuid
        case 3802: self = .jsonb
        default:
            guard isEnumeration else { return nil }
            self = .text
        }
    }
}
