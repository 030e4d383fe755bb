public import KubernetesModel
import Synchronization

/// A resource that the API server has.
public struct APIResource: Sendable, Hashable {
    public var type: ResourceType
    /// Lower case: `deployment`. Empty where the server tells none.
    public var singular: String
    public var shortNames: [String]
    public var verbs: Set<String>

    public init(type: ResourceType, singular: String = "", shortNames: [String] = [], verbs: Set<String>) {
        self.type = type
        self.singular = singular
        self.shortNames = shortNames
        self.verbs = verbs
    }
}

/// What the API server has: every resource once, in the version that its group prefers.
public struct APICatalogue: Sendable, Hashable {
    public var resources: [APIResource]
    /// `metrics.k8s.io/v1beta1`: groups that are announced and did not answer, as when an extension server is away.
    public var silent: [String]

    public init(resources: [APIResource], silent: [String] = []) {
        self.resources = resources
        self.silent = silent
    }
}

extension KubernetesClient {
    /// Asks for all groups and versions. Some thirty requests: not for every pass of a loop.
    public func catalogue() async throws -> APICatalogue {
        var result = APICatalogue(resources: [])
        var known: Set<String> = []
        func add(_ list: JSON, group: String, version: String) {
            for entry in list["resources"]?.array ?? [] {
                guard let plural = entry["name"]?.string, !plural.contains("/"), let kind = entry["kind"]?.string else {
                    continue
                }
                let type = ResourceType(
                    group: group, version: version, kind: kind, plural: plural,
                    namespaced: entry["namespaced"]?.bool ?? true)
                guard known.insert(type.groupResource).inserted else { continue }
                result.resources.append(
                    APIResource(
                        type: type, singular: entry["singularName"]?.string ?? "",
                        shortNames: (entry["shortNames"]?.array ?? []).compactMap(\.string),
                        verbs: Set((entry["verbs"]?.array ?? []).compactMap(\.string))))
            }
        }
        let request = "discover the kinds of the API server"
        add(try await document("/api/v1", request), group: "", version: "v1")
        for group in try await document("/apis", request)["groups"]?.array ?? [] {
            guard let name = group["name"]?.string else { continue }
            let preferred = group[path: "preferredVersion", "version"]?.string
            let versions = (group["versions"]?.array ?? []).compactMap { $0["version"]?.string }
            for version in [preferred].compactMap({ $0 }) + versions.filter({ $0 != preferred }) {
                do {
                    add(
                        try await document(
                            "/apis/\(ResourcePath.escape(name))/\(ResourcePath.escape(version))", request), group: name,
                        version: version)
                } catch let error as KubernetesError
                    where [.serviceUnavailable, .notFound, .internalError, .timeout].contains(error.reason)
                {
                    result.silent.append("\(name)/\(version)")
                }
            }
        }
        return result
    }

    private func document(_ path: String, _ request: String) async throws -> JSON {
        try decode(JSON.self, try await call("GET", path, isRepeatable: true, describing: request), request)
    }

    /// Forgets which kinds there are: after definitions were applied.
    public func forgetKinds() { discovery.withLock { $0 = [:] } }
}
