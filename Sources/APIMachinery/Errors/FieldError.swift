public import KubernetesModel

/// One thing that is wrong with one field, in the words of Kubernetes' `field.Error`.
public struct FieldError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        case notFound = "Not found"
        case required = "Required value"
        case duplicate = "Duplicate value"
        case invalid = "Invalid value"
        case notSupported = "Unsupported value"
        case forbidden = "Forbidden"
        case tooLong = "Too long"
        case tooMany = "Too many"
        case tooFew = "Too few"
        case internalError = "Internal error"
        /// Prints like ``invalid``; programs see another reason.
        case typeInvalid = "Invalid value "

        /// The reason of a cause in a `Status`.
        public var reason: String {
            switch self {
            case .notFound: "FieldValueNotFound"
            case .required: "FieldValueRequired"
            case .duplicate: "FieldValueDuplicate"
            case .invalid, .tooFew: "FieldValueInvalid"
            case .notSupported: "FieldValueNotSupported"
            case .forbidden: "FieldValueForbidden"
            case .tooLong: "FieldValueTooLong"
            case .tooMany: "FieldValueTooMany"
            case .internalError: "InternalError"
            case .typeInvalid: "FieldValueTypeInvalid"
            }
        }
    }

    public var kind: Kind
    /// `spec.parts[1]`; `<nil>` when no field is meant.
    public var field: String
    /// nil prints no value at all; `.null` prints `null`.
    public var value: JSON?
    public var detail: String
    /// The value as it is printed, when that is not the JSON of ``value``.
    private var shown: String?

    init(_ kind: Kind, _ field: FieldPath, shown: String, _ detail: String) {
        self.init(kind, field, detail)
        self.shown = shown
    }

    public init(_ kind: Kind, _ field: FieldPath, value: JSON? = nil, _ detail: String = "") {
        self.kind = kind
        self.field = field.description.isEmpty ? "<nil>" : field.description
        self.value = value
        self.detail = detail
    }

    /// What a cause says: kind, value and detail, without the field.
    public var message: String {
        var text = kind.rawValue.last == " " ? "Invalid value" : kind.rawValue
        switch kind {
        case .required, .forbidden, .tooLong, .internalError: break
        default: if let printed = shown ?? value.map(CompactJSON.text) { text += ": " + printed }
        }
        return detail.isEmpty ? text : "\(text): \(detail)"
    }

    public var description: String { "\(field): \(message)" }

    public var cause: APIStatus.Cause { APIStatus.Cause(reason: kind.reason, message: message, field: field) }
}

extension FieldError {
    public static func required(_ field: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, field, detail)
    }

    public static func invalid(_ field: FieldPath, _ value: JSON?, _ detail: String) -> FieldError {
        FieldError(.invalid, field, value: value, detail)
    }

    public static func forbidden(_ field: FieldPath, _ detail: String) -> FieldError {
        FieldError(.forbidden, field, detail)
    }

    public static func duplicate(_ field: FieldPath, _ value: JSON) -> FieldError {
        FieldError(.duplicate, field, value: value)
    }

    public static func tooLong(_ field: FieldPath, maximum: Int) -> FieldError {
        FieldError(.tooLong, field, "may not be more than \(maximum) bytes")
    }

    public static func tooMany(_ field: FieldPath, count: Int, maximum: Int) -> FieldError {
        FieldError(
            .tooMany, field, value: .integer(Int64(count)),
            "must have at most \(maximum) \(maximum == 1 ? "item" : "items")")
    }

    public static func notSupported(_ field: FieldPath, _ value: JSON, supported: [JSON]) -> FieldError {
        let list = supported.map(CompactJSON.text).joined(separator: ", ")
        return FieldError(.notSupported, field, value: value, list.isEmpty ? "" : "supported values: \(list)")
    }
}
