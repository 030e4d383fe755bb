public import KubernetesModel
public struct FieldSelector: Sendable, Hashable {
    var terms: [[String]: String] = [:]
    public init(parsing text: String, supported: [String: [String]], type: ResourceType) throws(MachineryError) {
        for p in text.split(separator: ",") {
            let s = p.split(separator: "=", maxSplits: 1).map(String.init)
            let path = ["metadata.name": ["metadata", "name"], "metadata.namespace": ["metadata", "namespace"]][s[0]] ?? supported[s[0]]
            guard let path else { throw .badRequest("field label not supported: \(s[0])") }
            terms[path] = s.count > 1 ? s[1] : ""
        }
    }
    public func matches(_ object: JSON) -> Bool { terms.allSatisfy { path, want in var v: JSON? = object; for k in path { v = v?[k] }; return (v?.string ?? "") == want } }
    public var name: String? { nil }
    public var isEmpty: Bool { true }
}
