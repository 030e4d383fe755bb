@testable import ControlPlane

import Foundation
import KubernetesModel
import Logging

/// An API server without HTTP on a database in a fresh folder.
struct TestAPI: Sendable {
    let folder: URL
    let api: APIServer

    var store: Store { api.store }
    var hub: WatchHub { api.hub }

    static func run(
        limits: Store.Limits = Store.Limits(), hubCapacity: Int = 2048,
        _ body: (TestAPI) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "control-plane-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try Store(path: folder.appending(path: "state.sqlite").path, limits: limits)
        let hub = WatchHub(revision: try await store.revision(), capacity: hubCapacity)
        let registry = ResourceRegistry()
        store.publish { events in
            registry.follow(events)
            hub.publish(events)
        }
        let api = APIServer(
            store: store, hub: hub, registry: registry, timing: WatchSession.Timing(timeout: .seconds(60)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await api.createPermanentNamespaces()
        try await body(TestAPI(folder: folder, api: api))
        try await store.close()
    }

    /// Runs the controllers for as long as `body` does.
    func withControllers(_ body: () async throws -> Void) async throws {
        let loop = ControllerLoop(
            api: api,
            controllers: [GarbageCollector(), NamespaceController(), DefinitionController(), WorkloadController()],
            logger: api.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await loop.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// Sends a request and returns the code and the document of the answer.
    @discardableResult
    func send(
        _ method: APIRequest.Method, _ target: String, _ body: JSON? = nil, type: String = "application/json",
        accept: String = ""
    ) async throws -> (code: Int, document: JSON) {
        let parts = target.split(separator: "?", maxSplits: 1)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        let pairs = query.map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1)
            return (String(sides[0]), sides.count > 1 ? String(sides[1]).removingPercentEncoding ?? "" : "")
        }
        let request = APIRequest(
            method: method, path: parts[0].split(separator: "/").map(String.init), query: APIRequest.Query(pairs),
            accept: accept, contentType: type, userAgent: "test/1", body: body.map(JSONText.bytes) ?? [])
        do {
            let answer = try await api.respond(to: request)
            guard case .bytes(let bytes) = answer.body else { return (answer.code, .null) }
            return (answer.code, (try? JSONText.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)))
        } catch let failure as APIFailure {
            return (failure.code, failure.document)
        }
    }

    func configMap(_ name: String, _ data: String = "1", metadata: JSON = [:]) -> JSON {
        var metadata = metadata
        metadata["name"] = .string(name)
        return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": ["x": .string(data)]]
    }

    static let configMaps = "/api/v1/namespaces/default/configmaps"
    static let collection = Collection(group: "", resource: "configmaps")

    /// Waits, without polling, until a GET of `target` answers 404.
    func waitUntilGone(_ target: String) async throws {
        let (bell, id, _) = hub.subscribe()
        defer { hub.unsubscribe(id) }
        for await _ in bell where try await send(.get, target).code == 404 { return }
    }

    /// Waits until the document at `target` satisfies a condition.
    func wait(for target: String, _ condition: (JSON) -> Bool) async throws {
        let (bell, id, _) = hub.subscribe()
        defer { hub.unsubscribe(id) }
        for await _ in bell where condition(try await send(.get, target).document) { return }
    }
}
