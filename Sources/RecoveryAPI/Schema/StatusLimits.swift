public import KubernetesModel

/// Makes what a status says fit its kind's schema. Texts in it come from tools, servers and stores and may have any length: one
/// that is too long would be refused by the API server, and the object would stand still for ever.
public enum StatusLimits {
    private static let schemas: [String: JSON] = Dictionary(
        CustomResourceDefinitions.all.compactMap { definition in
            guard let kind = definition[path: "spec", "names", "kind"]?.string,
                let schema = definition[path: "spec", "versions"]?[0]?[
                    path: "schema", "openAPIV3Schema", "properties"]?["status"]
            else { return nil }
            return (kind, schema)
        }, uniquingKeysWith: { $1 })

    /// The object with a status that fits: long texts are cut, and end in `…`; lists have at most so many items; a text that is
    /// empty where the schema wants none is left out.
    public static func fit<R: KubernetesResource>(_ object: R) throws -> R {
        let json = try JSON(encoding: object)
        guard let status = json["status"] else { return object }
        let fitting = fit(status, of: R.resourceType.kind)
        guard fitting != status else { return object }
        var changed = json
        changed["status"] = fitting
        return try changed.decode(R.self)
    }

    /// A status, or a part of it from the root on, of one of the five kinds.
    public static func fit(_ status: JSON, of kind: String) -> JSON {
        guard let schema = schemas[kind] else { return status }
        return fit(status, schema)
    }

    private static func fit(_ value: JSON, _ schema: JSON) -> JSON {
        switch value {
        case .string(let text):
            guard let limit = schema["maxLength"]?.integer else { return value }
            return .string(cut(text, to: Int(limit)))
        case .array(let items):
            let isAtomic = schema["x-kubernetes-list-type"] == "atomic"
            let most = isAtomic ? schema["maxItems"]?.integer.map { Int($0) } : nil
            let kept = items.prefix(most ?? items.count)
            guard let each = schema["items"] else { return .array(Array(kept)) }
            return .array(kept.map { fit($0, each) })
        case .object(let members):
            let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
            var fitting: [String: JSON] = [:]
            for (name, member) in members {
                guard let each = schema["properties"]?[name] ?? schema["additionalProperties"] else {
                    fitting[name] = member
                    continue
                }
                let isEmpty = member == "" && (each["minLength"]?.integer ?? 0) > 0
                if isEmpty, !required.contains(name) { continue }
                fitting[name] = fit(member, each)
            }
            return .object(fitting)
        default: return value
        }
    }

    /// The API server counts code points.
    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.unicodeScalars.count > limit else { return text }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.prefix(max(0, limit - 1)))
        scalars.append("…")
        return String(scalars)
    }
}
