public import KubernetesModel
import Synchronization

struct DiscoveredKind: Sendable, Hashable {
    var type: ResourceType
}

extension KubernetesClient {
    /// Finds the resource of a kind: `apps/v1`, `Deployment` → `deployments`. Asked once per group and version, and again
    /// when a kind is not among those known: it may have been installed since.
    public func resourceType(apiVersion: String, kind: String) async throws -> ResourceType {
        if let known = find(apiVersion, kind) { return known }
        let request = "look up the kind \(kind) in \(apiVersion)"
        let parts = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
        let path =
            group.isEmpty
            ? "/api/\(ResourcePath.escape(version))"
            : "/apis/\(ResourcePath.escape(group))/\(ResourcePath.escape(version))"
        let list: JSON
        do {
            list = try decode(JSON.self, try await call("GET", path, isRepeatable: true, describing: request), request)
        } catch let error as KubernetesError where error.isNotFound {
            throw unknown(apiVersion, kind, request)
        }
        let kinds = (list["resources"]?.array ?? []).compactMap { entry -> DiscoveredKind? in
            guard let plural = entry["name"]?.string, !plural.contains("/"), let kind = entry["kind"]?.string else {
                return nil
            }
            return DiscoveredKind(
                type: ResourceType(
                    group: group, version: version, kind: kind, plural: plural,
                    namespaced: entry["namespaced"]?.bool ?? true))
        }
        discovery.withLock { $0[apiVersion] = kinds }
        guard let found = find(apiVersion, kind) else { throw unknown(apiVersion, kind, request) }
        return found
    }

    private func find(_ apiVersion: String, _ kind: String) -> ResourceType? {
        discovery.withLock { $0[apiVersion]?.first { $0.type.kind == kind }?.type }
    }

    private func unknown(_ apiVersion: String, _ kind: String, _ request: String) -> KubernetesError {
        KubernetesError(
            reason: .notFound,
            status: APIStatus(
                message: "no matches for kind \"\(kind)\" in version \"\(apiVersion)\": install its definition first",
                reason: "NotFound", code: 404), code: 404, request: request)
    }
}
