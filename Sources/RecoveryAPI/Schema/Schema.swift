public import KubernetesModel

/// An OpenAPI v3 structural schema, as a CustomResourceDefinition carries it, written beside the type that it describes.
///
/// Every string, list and map has a bound: the API server estimates the cost of the CEL rules from them and refuses a
/// definition whose rules could run for ever.
public struct Schema: Sendable, Hashable {
    public private(set) var json: JSON
    /// Whether the object that holds this as a property must have it.
    var isRequired = false

    private init(_ members: [String: JSON], _ description: String) {
        var members = members
        members["description"] = .string(description)
        json = .object(members)
    }

    private func with(_ key: String, _ value: JSON?) -> Schema {
        guard let value else { return self }
        var copy = self
        copy.json[key] = value
        return copy
    }

    /// Marks a property as one that must be given.
    public var required: Schema {
        var copy = self
        copy.isRequired = true
        return copy
    }

    /// Adds a CEL rule. The message names the field and the mend.
    public func rule(_ rule: String, _ message: String) -> Schema {
        var rules = json["x-kubernetes-validations"]?.array ?? []
        rules.append(["rule": .string(rule), "message": .string(message)])
        return with("x-kubernetes-validations", .array(rules))
    }
}

extension Schema {
    public static func string(
        _ description: String, pattern: String? = nil, minLength: Int64? = 1, maxLength: Int64 = 253,
        format: String? = nil
    ) -> Schema {
        Schema(["type": "string", "maxLength": .integer(maxLength)], description)
            .with("minLength", minLength.map(JSON.integer))
            .with("pattern", pattern.map(JSON.string))
            .with("format", format.map(JSON.string))
    }

    public static func enumeration(_ description: String, _ values: [String]) -> Schema {
        Schema(["type": "string", "enum": .array(values.map(JSON.string))], description)
    }

    public static func integer(_ description: String, _ range: ClosedRange<Int64>? = nil) -> Schema {
        Schema(["type": "integer", "format": "int64"], description)
            .with("minimum", range.map { .integer($0.lowerBound) })
            .with("maximum", range.map { .integer($0.upperBound) })
    }

    public static func boolean(_ description: String) -> Schema { Schema(["type": "boolean"], description) }

    public static func time(_ description: String) -> Schema {
        Schema(["type": "string", "format": "date-time"], description)
    }

    public static func object(_ description: String, _ properties: KeyValuePairs<String, Schema>) -> Schema {
        object(description, Array(properties))
    }

    public static func object(_ description: String, _ properties: [(key: String, value: Schema)]) -> Schema {
        let required = properties.filter(\.value.isRequired).map(\.key).sorted()
        let members = Dictionary(properties.map { ($0.key, $0.value.json) }) { _, last in last }
        return Schema(["type": "object", "properties": .object(members)], description)
            .with("required", required.isEmpty ? nil : .array(required.map(JSON.string)))
    }

    /// Keys and values that the user chooses.
    public static func map(_ description: String, _ value: Schema, maxProperties: Int64 = 64) -> Schema {
        Schema(
            ["type": "object", "additionalProperties": value.json, "maxProperties": .integer(maxProperties)],
            description)
    }

    /// A list whose items are known by the given keys, so that two field managers can each own some of them.
    public static func list(_ description: String, keys: [String], maxItems: Int64, _ item: Schema) -> Schema {
        Schema(
            [
                "type": "array", "items": item.json, "maxItems": .integer(maxItems), "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": .array(keys.map(JSON.string)),
            ], description)
    }

    /// A list that is replaced as a whole.
    public static func atomicList(_ description: String, maxItems: Int64, _ item: Schema) -> Schema {
        Schema(
            [
                "type": "array", "items": item.json, "maxItems": .integer(maxItems), "x-kubernetes-list-type": "atomic",
            ], description)
    }

    /// Any JSON object; its shape is another API's business.
    public static func anyObject(_ description: String) -> Schema {
        Schema(["type": "object", "x-kubernetes-preserve-unknown-fields": true], description)
    }

    /// A text that matches, or an object with a limited number of members: a structural schema cannot say more about a
    /// field that has two types. ``RecoveryTarget`` checks the rest.
    public static func anyValue(_ description: String, pattern: String, maxProperties: Int64) -> Schema {
        Schema(
            [
                "x-kubernetes-preserve-unknown-fields": true, "pattern": .string(pattern),
                "maxProperties": .integer(maxProperties),
            ], description)
    }

    public func minItems(_ count: Int64) -> Schema { with("minItems", .integer(count)) }
}
