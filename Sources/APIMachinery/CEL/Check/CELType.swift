/// What the check of an expression knows of a value before there is one.
indirect enum CELType: Sendable, Hashable {
    /// Anything: checked when the expression runs.
    case dyn
    /// Of an expression that was complained about already.
    case error
    case null, bool, int, uint, double, string, bytes, duration, timestamp, type
    case list(CELType)
    case map(CELType, CELType)
    /// An object with the fields of a schema.
    case object(CELDeclared)
    case optional(CELType)
    /// `kubernetes.URL`, `kubernetes.Quantity`.
    case opaque(String)
    /// Not known yet. Negative numbers are the parameters of a function's declaration.
    case variable(Int)

    /// As error texts name it.
    var name: String {
        switch self {
        case .dyn: "dyn"
        case .error: "!error!"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "duration"
        case .timestamp: "timestamp"
        case .type: "type"
        case .list(let item): "list(\(item.name))"
        case .map(let key, let value): "map(\(key.name), \(value.name))"
        case .object(let declared): declared.name
        case .optional(let held): "optional_type(\(held.name))"
        case .opaque(let name): name
        case .variable: "dyn"
        }
    }

    /// Whether null is taken for a value of it.
    var takesNull: Bool {
        switch self {
        case .object, .optional, .opaque, .duration, .timestamp, .null: true
        default: false
        }
    }

    var isAnything: Bool { self == .dyn || self == .error }

    /// Of one size whatever its value.
    var isScalar: Bool {
        switch self {
        case .bool, .double, .duration, .int, .timestamp, .uint: true
        case .optional(let held): held.isScalar
        default: false
        }
    }
}
