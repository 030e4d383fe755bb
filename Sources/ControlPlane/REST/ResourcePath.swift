/// What a path under `/api` or `/apis` names.
struct ResourcePath: Sendable, Hashable {
    var group: String
    var version: String
    /// Empty: the group version itself, whose resources are listed.
    var resource: String
    var namespace: String?
    var name: String?
    var subresource: String?

    /// - Returns: nil for a path of another shape.
    init?(_ path: [String]) {
        var rest = path[...]
        switch rest.popFirst() {
        case "api":
            guard let version = rest.popFirst() else { return nil }
            group = ""
            self.version = version
        case "apis":
            guard let group = rest.popFirst(), let version = rest.popFirst() else { return nil }
            self.group = group
            self.version = version
        default: return nil
        }
        // `namespaces/NAME` alone, and its own subresources, are the Namespace object; more is something in it.
        if rest.first == "namespaces", rest.count >= 3,
            !(rest.count == 3 && ["status", "finalize"].contains(rest[rest.startIndex + 2]))
        {
            rest.removeFirst()
            namespace = rest.popFirst()
        }
        resource = rest.popFirst() ?? ""
        name = rest.popFirst()
        subresource = rest.popFirst()
        if !rest.isEmpty { return nil }
    }
}
