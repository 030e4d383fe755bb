public import KubernetesModel
public enum JSONPatch {
    public static func apply(_ patch: JSON, to document: JSON) throws(MachineryError) -> JSON {
        var d = document
        for op in patch.array ?? [] {
            let path = (op["path"]?.string ?? "").split(separator: "/").map(String.init)
            switch op["op"]?.string {
            case "test": if get(d, path[...]) != op["value"] { throw .unprocessable }
            case "remove": if get(d, path[...]) == nil { throw .unprocessable }; d = set(d, path[...], nil)
            default: d = set(d, path[...], op["value"])
            }
        }
        return d
    }
    static func get(_ d: JSON, _ p: ArraySlice<String>) -> JSON? {
        guard let k = p.first else { return d }
        if let a = d.array { guard let i = Int(k), i < a.count else { return nil }; return get(a[i], p.dropFirst()) }
        return d[k].flatMap { get($0, p.dropFirst()) }
    }
    static func set(_ d: JSON, _ p: ArraySlice<String>, _ v: JSON?) -> JSON {
        guard let k = p.first else { return v ?? .null }
        if var a = d.array {
            if k == "-" { a.append(v ?? .null) } else if let i = Int(k) { if p.count == 1, v == nil { a.remove(at: i) } else { a[i] = set(a[i], p.dropFirst(), v) } }
            return .array(a)
        }
        var d = d
        if p.count == 1 { d[k] = v } else { d[k] = set(d[k] ?? .object([:]), p.dropFirst(), v) }
        return d
    }
}
public enum MergePatch {
    public static func apply(_ patch: JSON, to document: JSON) -> JSON {
        guard case .object(let m) = patch else { return patch }
        var r = document.object ?? [:]
        for (k, v) in m { if v.isNull { r.removeValue(forKey: k) } else { r[k] = apply(v, to: r[k] ?? .null) } }
        return .object(r)
    }
}
public enum StrategicMergePatch {
    public static func apply(_ patch: JSON, to document: JSON, schema: StructuralSchema) throws(MachineryError) -> JSON { merge(patch, document) }
    static func merge(_ patch: JSON, _ document: JSON) -> JSON {
        if let items = patch.array, items.first?["name"] != nil, let old = document.array {
            var new = items.map { i in merge(i, old.first { $0["name"] == i["name"] } ?? .null) }
            new += old.filter { o in !items.contains { $0["name"] == o["name"] } }
            return .array(new)
        }
        guard case .object(let m) = patch else { return patch }
        var r = document.object ?? [:]
        for (k, v) in m where !k.hasPrefix("$") { if v.isNull { r.removeValue(forKey: k) } else { r[k] = merge(v, r[k] ?? .null) } }
        return .object(r)
    }
}
