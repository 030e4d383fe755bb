import APIMachinery
import Foundation
import KubernetesModel
import Logging

/// The API behind HTTP: what a request means and what it does. Knows neither sockets nor tokens.
struct APIServer: Sendable {
    var store: Store
    var hub: WatchHub
    var registry: ResourceRegistry
    var timing: WatchSession.Timing
    var logger: Logger
    /// The time of day.
    var now: @Sendable () -> Date = { Date() }

    /// - Throws: ``APIFailure`` for what is refused.
    func respond(to request: APIRequest) async throws -> APIResponse {
        do {
            return try await answer(request)
        } catch let error as MachineryError {
            throw APIFailure(error)
        }
    }

    private func answer(_ request: APIRequest) async throws -> APIResponse {
        guard let path = ResourcePath(request.path), !path.resource.isEmpty else {
            return try await document(request)
        }
        if path.resource.hasPrefix("self"), request.method == .post, let answer = try review(request, path) {
            return answer
        }
        let resources = registry.resources
        guard let definition = resources.find(group: path.group, version: path.version, resource: path.resource) else {
            // A group that is served answers with a Status, an unknown one with a line of text.
            if resources.hasVersion(group: path.group, version: path.version) { throw APIFailure.serverCouldNotFind }
            throw APIFailure.unknownPath
        }
        if definition.type.namespaced, path.namespace == nil, path.name != nil || request.method == .post {
            if path.name != nil { throw APIFailure.serverCouldNotFind }
            throw APIFailure.methodNotAllowed()
        }
        if !definition.type.namespaced, path.namespace != nil { throw APIFailure.serverCouldNotFind }
        let target = Target(
            definition: definition, namespace: path.namespace ?? "", name: path.name ?? "",
            subresource: try subresource(path.subresource, of: definition))
        var answer = try await serve(request, target, resources)
        if let deprecation = definition.deprecation { answer.warn([deprecation]) }
        return answer
    }

    private func subresource(_ name: String?, of definition: ResourceDefinition) throws(APIFailure) -> Subresource {
        switch name {
        case nil: return .none
        case "status" where definition.hasStatus: return .status
        case "scale" where definition.scale != nil: return .scale
        case "finalize" where definition.behaviour == .namespace: return .finalize
        default: throw .serverCouldNotFind
        }
    }

    private func serve(
        _ request: APIRequest, _ target: Target, _ resources: ServedResources
    ) async throws -> APIResponse {
        switch (request.method, target.name.isEmpty, target.subresource) {
        case (.get, true, .none), (.head, true, .none):
            return request.query.isTrue("watch")
                ? try await watch(request, target) : try await list(request, target)
        case (.get, false, _), (.head, false, _):
            // `get --watch` of one name is a watch with a field selector; a watch on the name itself is one too.
            if request.query.isTrue("watch"), target.subresource == .none { return try await watch(request, target) }
            return try await get(request, target)
        case (.post, true, .none): return try await create(request, target)
        case (.put, false, _): return try await update(request, target)
        case (.patch, false, _): return try await patch(request, target)
        case (.delete, false, .none): return try await delete(request, target, resources)
        case (.delete, true, .none): return try await deleteCollection(request, target, resources)
        default: throw APIFailure.methodNotAllowed()
        }
    }
}

/// A part of an object with its own rules for writing.
enum Subresource: String, Sendable, Hashable {
    case none = ""
    case status, scale, finalize
}

/// What a request is about.
struct Target: Sendable {
    var definition: ResourceDefinition
    /// Empty for all namespaces and for cluster-wide kinds.
    var namespace: String
    /// Empty for the collection.
    var name: String
    var subresource: Subresource

    var key: StorageKey { definition.key(namespace: namespace, name: name) }
    var type: ResourceType { definition.type }
}
