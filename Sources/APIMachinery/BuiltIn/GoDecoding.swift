import KubernetesModel

/// Whether a document fits the types of a built-in kind, and if not, what Go's decoder would say.
enum GoDecoding {
    static func problem(_ object: JSON, type: String) -> String? {
        problem(object, .named(type), owner: type, path: "")
    }

    /// - Parameter owner: the type whose field the value is.
    private static func problem(_ value: JSON, _ kind: BuiltInTypes.Kind, owner: String, path: String) -> String? {
        func wrong() -> String {
            "json: cannot unmarshal \(name(of: value, for: kind)) into Go struct field \(goName(owner))\(path) of type \(goName(kind))"
        }
        switch (kind, value) {
        case (_, .null), (.anything, _), (.quantity, .string), (.quantity, .integer), (.quantity, .number): return nil
        case (.string, .string), (.time, .string), (.microTime, .string), (.bytes, .string), (.boolean, .bool):
            return nil
        case (.intOrString, .string), (.intOrString, .integer), (.int64, .integer): return nil
        case (.int32, .integer(let number)) where Int32(exactly: number) != nil: return nil
        case (.metadata, _): return problem(value, .named("ObjectMeta"), owner: owner, path: path)
        case (.list(let item), .array(let items)):
            return items.lazy.compactMap { problem($0, item, owner: owner, path: path) }.first
        case (.map(let item), .object(let members)):
            return CompactJSON.sortedKeys(members).lazy
                .compactMap { problem(members[$0] ?? .null, item, owner: owner, path: path) }.first
        case (.named(let name), .object(let members)):
            guard let fields = BuiltInTypes.all[name]?.fields else { return nil }
            for field in fields {
                guard let item = members[field.name] else { continue }
                if let found = problem(item, field.kind, owner: name, path: "\(path).\(field.name)") { return found }
            }
            if path.isEmpty, let metadata = members["metadata"] {
                return problem(metadata, .metadata, owner: name, path: ".metadata")
            }
            return nil
        default: return wrong()
        }
    }

    private static func name(of value: JSON, for kind: BuiltInTypes.Kind) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer(let number): kind == .int32 ? "number \(number)" : "number"
        case .number(let number): kind == .int32 || kind == .int64 ? "number \(GoFormat.number(number))" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private static func goName(_ type: String) -> String { type == "EventsEvent" ? "Event" : type }

    private static func goName(_ kind: BuiltInTypes.Kind) -> String {
        switch kind {
        case .string: "string"
        case .boolean: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .bytes: "[]uint8"
        case .intOrString: "intstr.IntOrString"
        case .quantity: "resource.Quantity"
        case .anything: "runtime.RawExtension"
        case .metadata: "v1.ObjectMeta"
        case .named(let name): "v1.\(goName(name))"
        case .list(let item): "[]\(goName(item))"
        case .map(let item): "map[string]\(goName(item))"
        }
    }
}
