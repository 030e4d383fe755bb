import Foundation
public import KubernetesModel

/// The media type says how a patch is read.
public enum PatchKind: String, Sendable, Hashable {
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
    case operations = "application/json-patch+json"
}

extension KubernetesClient {
    public func get(_ type: ResourceType, _ name: String, namespace: String?) async throws -> UnstructuredObject {
        let request = type.describe("get", namespace, name)
        let path = ResourcePath.path(type, namespace: namespace, name: name)
        return try decode(
            UnstructuredObject.self, try await call("GET", path, isRepeatable: true, describing: request), request)
    }

    public func getIfPresent(_ type: ResourceType, _ name: String, namespace: String?) async throws
        -> UnstructuredObject?
    {
        do {
            return try await get(type, name, namespace: namespace)
        } catch let error as KubernetesError where error.isNotFound {
            return nil
        }
    }

    /// Server-side apply: the whole of what this manager wants of the object.
    public func apply(
        _ object: JSON, type: ResourceType, name: String, namespace: String?, fieldManager: String = fieldManager,
        force: Bool, subresource: String? = nil, dryRun: Bool = false
    ) async throws -> UnstructuredObject {
        let request = type.describe("apply", namespace, name)
        let data = try await sendPatch(
            type, name, namespace: namespace, object, contentType: "application/apply-patch+yaml",
            subresource: subresource,
            query: [
                ("fieldManager", fieldManager), ("force", force ? "true" : "false"), ("dryRun", dryRun ? "All" : nil),
            ])
        return try written(data, type, request, isDryRun: dryRun)
    }

    public func patch(
        _ type: ResourceType, _ name: String, namespace: String?, merge patch: JSON, subresource: String? = nil
    ) async throws -> UnstructuredObject {
        let request = type.describe("patch", namespace, name)
        let data = try await sendPatch(
            type, name, namespace: namespace, patch, contentType: "application/merge-patch+json",
            subresource: subresource,
            query: [("fieldManager", Self.fieldManager)])
        return try written(data, type, request)
    }

    /// A patch of any of the three kinds that are not apply. Lists are replaced by `.merge`, merged by the keys of the
    /// schema by `.strategic` (built-in kinds only), and changed by operations in `.operations` (RFC 6902).
    public func patch(
        _ type: ResourceType, _ name: String, namespace: String?, kind: PatchKind, _ patch: JSON,
        subresource: String? = nil
    ) async throws -> UnstructuredObject {
        let data = try await sendPatch(
            type, name, namespace: namespace, patch, contentType: kind.rawValue, subresource: subresource,
            query: [("fieldManager", Self.fieldManager)], isRepeatable: kind != .operations)
        return try written(data, type, type.describe("patch", namespace, name))
    }

    /// Replaces an object; without a resourceVersion, whatever is there.
    public func update(
        _ object: JSON, type: ResourceType, namespace: String?, subresource: String? = nil
    ) async throws -> UnstructuredObject {
        let name = object[path: "metadata", "name"]?.string ?? ""
        let request = type.describe("update", namespace, name)
        let path =
            ResourcePath.path(type, namespace: namespace, name: name, subresource: subresource)
            + ResourcePath.query([("fieldManager", Self.fieldManager)])
        let data = try await call(
            "PUT", path, body: [UInt8](object.serialized()),
            isRepeatable: object[path: "metadata", "resourceVersion"] != nil, describing: request)
        return try written(data, type, request)
    }

    /// Merge patches and applies say what is wanted, not what is added: a second one changes nothing.
    func sendPatch(
        _ type: ResourceType, _ name: String, namespace: String?, _ patch: JSON, contentType: String,
        subresource: String?,
        query: [(String, String?)], isRepeatable: Bool = true
    ) async throws -> Data {
        let path =
            ResourcePath.path(type, namespace: namespace, name: name, subresource: subresource)
            + ResourcePath.query(query)
        let isApply = contentType == "application/apply-patch+yaml"
        return try await call(
            "PATCH", path, body: isApply ? ApplyBody.bytes(patch) : [UInt8](patch.serialized()),
            contentType: contentType, isRepeatable: isRepeatable,
            describing: type.describe("patch", namespace, name))
    }

    public func delete(
        _ type: ResourceType, _ name: String, namespace: String?, preconditions: Preconditions = Preconditions()
    ) async throws {
        var options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"]
        if preconditions.uid != nil || preconditions.resourceVersion != nil {
            var wanted: JSON = [:]
            wanted["uid"] = preconditions.uid.map(JSON.string)
            wanted["resourceVersion"] = preconditions.resourceVersion.map(JSON.string)
            options["preconditions"] = wanted
        }
        _ = try await call(
            "DELETE", ResourcePath.path(type, namespace: namespace, name: name), body: [UInt8](options.serialized()),
            isRepeatable: preconditions.uid != nil, describing: type.describe("delete", namespace, name))
    }

    /// Replicas wanted, and replicas there.
    public func scale(_ type: ResourceType, _ name: String, namespace: String) async throws -> (spec: Int, status: Int)
    {
        let request = type.describe("get the scale of", namespace, name)
        let path = ResourcePath.path(type, namespace: namespace, name: name, subresource: "scale")
        let scale = try decode(
            JSON.self, try await call("GET", path, isRepeatable: true, describing: request), request)
        return (
            Int(scale[path: "spec", "replicas"]?.integer ?? 0), Int(scale[path: "status", "replicas"]?.integer ?? 0)
        )
    }

    public func setScale(_ type: ResourceType, _ name: String, namespace: String, replicas: Int) async throws {
        _ = try await sendPatch(
            type, name, namespace: namespace, ["spec": ["replicas": .integer(Int64(replicas))]],
            contentType: "application/merge-patch+json", subresource: "scale",
            query: [("fieldManager", Self.fieldManager)])
    }

    /// What the server says it is.
    public func serverVersion() async throws -> String {
        let data = try await call("GET", "/version", isRepeatable: true, describing: "get the version")
        return try decode(JSON.self, data, "get the version")["gitVersion"]?.string ?? ""
    }
}

extension KubernetesClient {
    public func create(_ object: JSON, type: ResourceType, namespace: String?) async throws -> UnstructuredObject {
        let request = type.describe("create", namespace, object[path: "metadata", "name"]?.string)
        let path =
            ResourcePath.path(type, namespace: namespace) + ResourcePath.query([("fieldManager", Self.fieldManager)])
        let data = try await call(
            "POST", path, body: [UInt8](object.serialized()), isRepeatable: false, describing: request)
        return try written(data, type, request)
    }
    private func written(_ data: Data, _ type: ResourceType, _ request: String, isDryRun: Bool = false) throws
        -> UnstructuredObject
    {
        let object = try decode(UnstructuredObject.self, data, request)
        if !isDryRun {
            WriteObserver.tell(type, namespace: object.namespace, name: object.name, version: object.resourceVersion)
        }
        return object
    }
}
