import KubernetesModel

/// What a schema tells of a value to the check of rules: its type, its fields, and how large it can get. Sizes and their
/// defaults are those by which Kubernetes estimates costs.
final class CELDeclared: Sendable, Hashable {
    let type: CELType?
    let name: String
    let fields: [String: CELDeclared]
    /// What a list or map holds.
    let element: CELDeclared?
    /// The largest number of characters, items or entries. 0 where it is of no account.
    let maximumElements: UInt64
    /// Bytes of the least JSON text.
    let minimumSize: Int64

    /// The largest request.
    static let requestBytes: Int64 = 3 * 1024 * 1024

    private init(
        _ type: CELType?, name: String, fields: [String: CELDeclared] = [:], element: CELDeclared? = nil,
        maximum: Int64 = 0, minimumSize: Int64
    ) {
        self.type = type
        self.name = name
        self.fields = fields
        self.element = element
        maximumElements = UInt64(max(0, maximum))
        self.minimumSize = minimumSize
    }

    static func == (left: CELDeclared, right: CELDeclared) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    var celType: CELType { type ?? .object(self) }

    /// How often values of this kind fit into a request.
    var maximumCardinality: UInt64 { UInt64(Self.requestBytes / (minimumSize + 1)) }

    static let key = CELDeclared(.string, name: "string", minimumSize: 2)

    /// nil for what rules cannot look at: values without a type.
    static func make(_ node: SchemaNode, name: String = "selfType", isResource: Bool) -> CELDeclared? {
        let bounds = node.bounds
        if node.isIntOrString {
            let maximum = bounds.maxLength.map { Int64($0) * 4 } ?? requestBytes - 2
            return CELDeclared(.dyn, name: "dyn", maximum: maximum, minimumSize: 1)
        }
        switch isResource ? "object" : node.type {
        case "array":
            guard let items = node.items,
                let item = make(items, name: "\(name).@idx", isResource: items.isEmbeddedResource)
            else { return nil }
            let maximum = bounds.maxItems.map(Int64.init) ?? (requestBytes - 2) / (item.minimumSize + 1)
            return CELDeclared(.list(item.celType), name: name, element: item, maximum: maximum, minimumSize: 2)
        case "object": return object(node, name, isResource: isResource)
        case "string": return string(node)
        case "boolean": return CELDeclared(.bool, name: "bool", minimumSize: 4)
        case "number": return CELDeclared(.double, name: "double", minimumSize: 1)
        case "integer": return CELDeclared(.int, name: "int", minimumSize: 1)
        default: return nil
        }
    }

    private static func object(_ node: SchemaNode, _ name: String, isResource: Bool) -> CELDeclared? {
        if node.json["additionalProperties"]?.object != nil, let inner = node.additionalProperties {
            guard let value = make(inner, name: "\(name).@elem", isResource: inner.isEmbeddedResource) else {
                return nil
            }
            let maximum = node.bounds.maxProperties.map(Int64.init) ?? (requestBytes - 2) / (value.minimumSize + 6)
            return CELDeclared(
                .map(.string, value.celType), name: name, element: value, maximum: maximum, minimumSize: 2)
        }
        var fields: [String: CELDeclared] = [:]
        var minimumSize: Int64 = 2
        for (key, property) in node.properties {
            if isResource, ["apiVersion", "kind", "metadata"].contains(key) { continue }
            guard let field = make(property, name: "\(name).\(key)", isResource: property.isEmbeddedResource) else {
                continue
            }
            fields[key] = field
            if node.required.contains(key), property.defaultValue == nil {
                minimumSize += Int64(key.utf8.count) + field.minimumSize + 4
            }
        }
        if isResource {
            // Of the metadata only the names are there for rules.
            let text = string(.plainString)
            fields["apiVersion"] = text
            fields["kind"] = text
            fields["metadata"] = CELDeclared(
                nil, name: "\(name).metadata", fields: ["name": text, "generateName": text], minimumSize: 2)
        }
        return CELDeclared(nil, name: name, fields: fields, minimumSize: minimumSize)
    }

    private static func string(_ node: SchemaNode) -> CELDeclared {
        let length = node.bounds.maxLength.map { Int64($0) }
        switch node.format {
        case "byte": return CELDeclared(.bytes, name: "bytes", maximum: length ?? requestBytes - 2, minimumSize: 2)
        case "duration": return CELDeclared(.duration, name: "duration", maximum: 32, minimumSize: 3)
        case "date": return CELDeclared(.timestamp, name: "timestamp", maximum: 12, minimumSize: 12)
        case "date-time": return CELDeclared(.timestamp, name: "timestamp", maximum: 32, minimumSize: 21)
        default: break
        }
        // A character has four bytes at most.
        let words = node.bounds.enumeration.compactMap { $0.string?.utf8.count }.max().map(Int64.init)
        let maximum = length.map { $0 * 4 } ?? words ?? requestBytes - 2
        return CELDeclared(.string, name: "string", maximum: maximum, minimumSize: 2)
    }

    func field(_ name: String) -> CELDeclared? { fields[name] ?? fields[CELNames.unescape(name)] }
}
