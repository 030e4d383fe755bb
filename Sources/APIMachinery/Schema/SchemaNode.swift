import KubernetesModel

/// One level of a schema, parsed. Immutable and shared.
final class SchemaNode: Sendable {
    enum ListType: Sendable, Hashable {
        case atomic
        case set
        case map(keys: [String])
    }

    let json: JSON
    let type: String?
    let format: String?
    let isNullable: Bool
    let isIntOrString: Bool
    let preservesUnknownFields: Bool
    let isEmbeddedResource: Bool
    let properties: [String: SchemaNode]
    /// The names of ``properties``, sorted.
    let propertyNames: [String]
    let additionalProperties: SchemaNode?
    let items: SchemaNode?
    let required: [String]
    let defaultValue: JSON?
    let bounds: ValueBounds
    let allOf: [SchemaNode]
    let anyOf: [SchemaNode]
    let oneOf: [SchemaNode]
    let not: SchemaNode?
    let listType: ListType
    let isAtomicMap: Bool
    let rules: [SchemaRule]
    /// Whether this level or one below has CEL rules, defaults or lists that are sets or maps: what need not be walked
    /// otherwise.
    let containsRules: Bool
    let containsKeyedLists: Bool
    let patchMergeKey: String?
    let patchStrategies: [String]
    /// What a definition says about `metadata`, which has a schema of its own.
    let metadataRestrictions: SchemaNode?

    init(_ json: JSON, isResource: Bool = false) {
        self.json = json
        type = json["type"]?.string
        format = json["format"]?.string
        isNullable = json["nullable"]?.bool ?? false
        isIntOrString = json["x-kubernetes-int-or-string"]?.bool ?? false
        preservesUnknownFields = json["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
        isEmbeddedResource = isResource || json["x-kubernetes-embedded-resource"]?.bool ?? false
        var properties = (json["properties"]?.object ?? [:]).mapValues { SchemaNode($0) }
        if isEmbeddedResource {
            metadataRestrictions = properties["metadata"]
            properties["metadata"] = .objectMeta
            for name in ["apiVersion", "kind"] where properties[name] == nil { properties[name] = .plainString }
        } else {
            metadataRestrictions = nil
        }
        self.properties = properties
        propertyNames = properties.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        additionalProperties =
            switch json["additionalProperties"] {
            case .object?: SchemaNode(json["additionalProperties"] ?? .null)
            case .bool(true)?: .anything
            default: nil
            }
        items = json["items"].map { SchemaNode($0) }
        required = (json["required"]?.array ?? []).compactMap(\.string)
        defaultValue = json["default"]
        bounds = ValueBounds(json)
        func list(_ key: String) -> [SchemaNode] { (json[key]?.array ?? []).map { SchemaNode($0) } }
        allOf = list("allOf")
        anyOf = list("anyOf")
        oneOf = list("oneOf")
        not = json["not"].map { SchemaNode($0) }
        let keys = (json["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        listType =
            switch json["x-kubernetes-list-type"]?.string {
            case "set"?: .set
            case "map"?: .map(keys: keys)
            default: .atomic
            }
        isAtomicMap = json["x-kubernetes-map-type"]?.string == "atomic"
        rules = (json["x-kubernetes-validations"]?.array ?? []).map { SchemaRule($0) }
        let children = Array(properties.values) + [additionalProperties, items].compactMap { $0 }
        containsRules = !rules.isEmpty || children.contains(where: \.containsRules)
        containsKeyedLists = listType != .atomic || children.contains(where: \.containsKeyedLists)
        patchMergeKey = json["x-kubernetes-patch-merge-key"]?.string
        patchStrategies =
            json["x-kubernetes-patch-strategy"]?.string?.split(separator: ",").map(String.init) ?? []
    }

    /// Whatever it is, it is kept.
    static let anything = SchemaNode(["x-kubernetes-preserve-unknown-fields": true])
    static let plainString = SchemaNode(["type": "string"])
    static let objectMeta = SchemaNode(ObjectMetaSchema.json)

    /// The schema of one member of an object; nil for one that is not known.
    func member(_ name: String) -> SchemaNode? { properties[name] ?? additionalProperties }

    /// The values of the keys by which a list of maps knows an item; a key with a default may be left out.
    func itemKey(_ item: JSON, keys: [String]) -> [(String, JSON)]? {
        guard case .object(let members) = item else { return nil }
        return keys.map { key in
            (key, members[key] ?? items?.properties[key]?.defaultValue ?? .null)
        }
    }
}
