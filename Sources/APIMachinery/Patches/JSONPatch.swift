public import KubernetesModel

/// JSON Patch (RFC 6902).
public enum JSONPatch {
    /// All operations or none.
    /// - Throws: `.unprocessable` for an operation that cannot be carried out, as the API server answers it.
    public static func apply(_ patch: JSON, to document: JSON) throws(MachineryError) -> JSON {
        guard let operations = patch.array else { throw .unprocessable }
        var document = document
        for operation in operations {
            let path = try pointer(operation["path"])
            switch operation["op"]?.string {
            case "test":
                guard let value = operation["value"], get(document, path[...]) == value else { throw .unprocessable }
            case "remove": document = try change(document, path[...]) { _ in nil }
            case "replace":
                guard let value = operation["value"], get(document, path[...]) != nil else { throw .unprocessable }
                document = try change(document, path[...]) { _ in value }
            case "add":
                guard let value = operation["value"] else { throw .unprocessable }
                document = try add(value, document, path[...])
            case "move", "copy":
                let from = try pointer(operation["from"])
                guard let value = get(document, from[...]) else { throw .unprocessable }
                if operation["op"] == "move" { document = try change(document, from[...]) { _ in nil } }
                document = try add(value, document, path[...])
            default: throw .unprocessable
            }
        }
        return document
    }

    /// RFC 6901: `~1` is a slash and `~0` a tilde.
    private static func pointer(_ json: JSON?) throws(MachineryError) -> [String] {
        guard let text = json?.string, text.isEmpty || text.hasPrefix("/") else { throw .unprocessable }
        return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0.replacing("~1", with: "/").replacing("~0", with: "~"))
        }
    }

    private static func index(_ text: String, below count: Int) -> Int? {
        guard let index = Int(text), (0..<count).contains(index), text == String(index) else { return nil }
        return index
    }

    private static func get(_ value: JSON, _ path: ArraySlice<String>) -> JSON? {
        guard let key = path.first else { return value }
        let next = value.array.map { items in index(key, below: items.count).map { items[$0] } } ?? value[key]
        return next.flatMap { get($0, path.dropFirst()) }
    }

    /// Changes the value that is at the path; nil removes it. It must be there.
    private static func change(
        _ value: JSON, _ path: ArraySlice<String>, _ body: (JSON) -> JSON?
    ) throws(MachineryError) -> JSON {
        guard let key = path.first else { return body(value) ?? .null }
        let rest = path.dropFirst()
        if var items = value.array {
            guard let index = index(key, below: items.count) else { throw .unprocessable }
            if rest.isEmpty {
                if let new = body(items[index]) { items[index] = new } else { items.remove(at: index) }
            } else {
                items[index] = try change(items[index], rest, body)
            }
            return .array(items)
        }
        guard var members = value.object, let old = members[key] else { throw .unprocessable }
        members[key] = rest.isEmpty ? body(old) : try change(old, rest, body)
        return .object(members)
    }

    /// Inserts into a list, sets in an object; what holds it must be there.
    private static func add(_ new: JSON, _ value: JSON, _ path: ArraySlice<String>) throws(MachineryError) -> JSON {
        guard let key = path.first else { return new }
        let rest = path.dropFirst()
        if var items = value.array {
            if rest.isEmpty {
                guard let index = key == "-" ? items.count : index(key, below: items.count + 1) else {
                    throw .unprocessable
                }
                items.insert(new, at: index)
            } else {
                guard let index = index(key, below: items.count) else { throw .unprocessable }
                items[index] = try add(new, items[index], rest)
            }
            return .array(items)
        }
        guard var members = value.object else { throw .unprocessable }
        if rest.isEmpty {
            members[key] = new
        } else {
            guard let old = members[key] else { throw .unprocessable }
            members[key] = try add(new, old, rest)
        }
        return .object(members)
    }
}
