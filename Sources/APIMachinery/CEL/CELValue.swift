import KubernetesModel

/// A value while an expression is evaluated. Documents are looked into only where the expression looks.
enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([CELValue])
    case map([CELValue: CELValue])
    /// An object of the document, with what its schema says of it.
    case object([String: JSON], SchemaNode?)
    case array([JSON], SchemaNode?)
    /// Nanoseconds.
    case duration(Int64)
    case timestamp(CELTime)
    case type(String)
    indirect case optional(CELValue?)
    case url(CELURL)
    case quantity(CELQuantity)

    init(_ json: JSON, _ node: SchemaNode? = nil) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = node?.type == "number" ? .double(Double(value)) : .int(value)
        case .number(let value):
            if node?.type == "integer", let whole = Int64(exactly: value) {
                self = .int(whole)
            } else {
                self = .double(value)
            }
        case .string(let text): self = Self.string(text, format: node?.format)
        case .array(let items): self = .array(items, node)
        case .object(let members): self = .object(members, node)
        }
    }

    /// Some formats make values of their own type.
    private static func string(_ text: String, format: String?) -> CELValue {
        switch format {
        case "date-time": CELTime(parsing: text).map(CELValue.timestamp) ?? .string(text)
        case "date": CELTime(parsing: text + "T00:00:00Z").map(CELValue.timestamp) ?? .string(text)
        case "duration": GoDuration.parse(text).map(CELValue.duration) ?? .string(text)
        case "byte": CELConversions.base64(text).map(CELValue.bytes) ?? .string(text)
        default: .string(text)
        }
    }

    var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list, .array: "list"
        case .map, .object: "map"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .type: "type"
        case .optional: "optional_type"
        case .url: "kubernetes.URL"
        case .quantity: "kubernetes.Quantity"
        }
    }

    /// The items of a list, whatever it comes from.
    var items: [CELValue]? {
        switch self {
        case .list(let items): items
        case .array(let items, let node): items.map { CELValue($0, node?.items) }
        default: nil
        }
    }

    /// The keys of a map.
    var keys: [CELValue]? {
        switch self {
        case .map(let entries): Array(entries.keys)
        case .object(let members, _): CompactJSON.sortedKeys(members).map(CELValue.string)
        default: nil
        }
    }

    func member(_ key: CELValue) -> CELValue? {
        switch (self, key) {
        case (.map(let entries), _): return entries[key]
        case (.object(let members, let node), .string(let name)):
            if let value = members[name] { return CELValue(value, node?.member(name)) }
            guard name.contains("__") else { return nil }
            let plain = CELNames.unescape(name)
            return members[plain].map { CELValue($0, node?.member(plain)) }
        default: return nil
        }
    }

    var json: JSON {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .uint(let value): Int64(exactly: value).map(JSON.integer) ?? .number(Double(value))
        case .double(let value): .number(value)
        case .string(let text): .string(text)
        case .bytes(let bytes): .string(CELConversions.text(base64: bytes))
        case .list(let items): .array(items.map(\.json))
        case .map(let entries):
            .object(
                Dictionary(entries.map { (CELConversions.string($0.key) ?? "", $0.value.json) }) { first, _ in first })
        case .object(let members, _): .object(members)
        case .array(let items, _): .array(items)
        case .duration(let span): .string(GoDuration.text(span))
        case .timestamp(let time): .string(time.text)
        case .type(let name): .string(name)
        case .optional(let value): value?.json ?? .null
        case .url(let url): .string(url.text)
        case .quantity(let quantity): .string(quantity.text)
        }
    }
}

/// Names of fields that are words of the language are written `__namespace__`; signs in names too.
enum CELNames {
    static func unescape(_ name: String) -> String {
        let words: Set<String> = [
            "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
            "import", "let", "loop", "package", "namespace", "return",
        ]
        if name.hasPrefix("__"), name.hasSuffix("__"), name.count > 4 {
            let inner = String(name.dropFirst(2).dropLast(2))
            if words.contains(inner) { return inner }
        }
        return name.replacing("__underscores__", with: "\u{0}").replacing("__dot__", with: ".")
            .replacing("__dash__", with: "-").replacing("__slash__", with: "/").replacing("\u{0}", with: "__")
    }
}
