import KubernetesModel

/// The limits that a schema sets on one value.
struct ValueBounds: Sendable {
    var minimum: Double?
    var maximum: Double?
    var exclusiveMinimum = false
    var exclusiveMaximum = false
    var multipleOf: Double?
    var minLength: Int?
    var maxLength: Int?
    var pattern: String?
    var expression: RegularExpression?
    var minItems: Int?
    var maxItems: Int?
    var uniqueItems = false
    var minProperties: Int?
    var maxProperties: Int?
    var enumeration: [JSON] = []

    init(_ json: JSON) {
        func count(_ key: String) -> Int? { json[key]?.integer.flatMap { Int(exactly: $0) } }
        minimum = json["minimum"]?.double
        maximum = json["maximum"]?.double
        exclusiveMinimum = json["exclusiveMinimum"]?.bool ?? false
        exclusiveMaximum = json["exclusiveMaximum"]?.bool ?? false
        multipleOf = json["multipleOf"]?.double
        minLength = count("minLength")
        maxLength = count("maxLength")
        pattern = json["pattern"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        expression = pattern.flatMap { RegularExpression($0) }
        minItems = count("minItems")
        maxItems = count("maxItems")
        uniqueItems = json["uniqueItems"]?.bool ?? false
        minProperties = count("minProperties")
        maxProperties = count("maxProperties")
        enumeration = json["enum"]?.array ?? []
    }
}
