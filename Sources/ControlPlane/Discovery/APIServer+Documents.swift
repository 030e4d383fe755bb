import APIMachinery
import KubernetesModel

extension APIServer {
    /// Everything that is not a resource: discovery, versions, health, schemas.
    func document(_ request: APIRequest) async throws -> APIResponse {
        guard request.method == .get || request.method == .head else {
            throw request.path.first.map { ["api", "apis"].contains($0) } == true
                ? APIFailure.methodNotAllowed() : APIFailure.unknownPath
        }
        switch (request.path.first, request.path.count) {
        case ("api", _), ("apis", _): return try discover(request)
        case ("healthz", _), ("livez", _), ("readyz", _): return try await health(request)
        case ("version", 1): return APIResponse(bytes: ServerVersion.document.bytes)
        case ("openapi", _): return try openAPI(request)
        case (nil, _):
            return APIResponse(document: [
                "paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
            ])
        default: throw APIFailure.unknownPath
        }
    }

    private func discover(_ request: APIRequest) throws -> APIResponse {
        let discovery = Discovery(registry.resources)
        let path = request.path
        if path.count == 1 {
            let isAggregated = try MediaTypes.negotiate(request.accept, isDiscovery: true) == .aggregatedDiscovery
            let document =
                path[0] == "api"
                ? discovery.core(isAggregated: isAggregated) : discovery.groups(isAggregated: isAggregated)
            return APIResponse(
                bytes: document.bytes,
                contentType: isAggregated
                    ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" : "application/json")
        }
        let document: OrderedJSON? =
            switch (path[0], path.count) {
            case ("api", 2): discovery.resources(group: "", version: path[1])
            case ("apis", 2): discovery.group(path[1])
            case ("apis", 3): discovery.resources(group: path[1], version: path[2])
            default: nil
            }
        guard let document else { throw APIFailure.unknownPath }
        return APIResponse(bytes: document.bytes)
    }

    /// `ok` when the database answers.
    private func health(_ request: APIRequest) async throws -> APIResponse {
        do {
            _ = try await store.revision()
        } catch {
            return APIResponse(
                500, bytes: Array("the store does not answer".utf8), contentType: "text/plain; charset=utf-8")
        }
        return APIResponse(bytes: Array("ok".utf8), contentType: "text/plain; charset=utf-8")
    }
}

/// What `/version` says. The number is that of the Kubernetes whose answers this server is held to.
enum ServerVersion {
    static let document: OrderedJSON = [
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": "v1.36.0+dr-standalone", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "embedded",
    ]
}
