public import KubernetesModel

/// A part of a list.
public struct ResourcePage: Sendable {
    /// With `apiVersion` and `kind`, which a server leaves out of the items of a list.
    public var items: [JSON]
    /// Of the whole list: the same on every page.
    public var resourceVersion: String
    /// Asks for the next page; nil on the last one.
    public var next: String?
    /// Of the answer, in bytes.
    public var size: Int
}

extension KubernetesClient {
    /// One page of a list of untyped objects.
    ///
    /// - Parameters:
    ///   - namespace: nil for all of them, and for cluster-wide kinds.
    ///   - limit: nil for everything at once.
    ///   - metadataOnly: gives nothing but `metadata`: a fraction of the bytes, and no Secret's values.
    /// - Throws: ``KubernetesError``; `isExpired` when the version that `next` continues was compacted away.
    public func page(
        _ type: ResourceType, namespace: String?, selector: ListSelector = ListSelector(), limit: Int?,
        next: String? = nil,
        metadataOnly: Bool = false
    ) async throws -> ResourcePage {
        let request = type.describe("list", namespace, nil)
        let path =
            ResourcePath.path(type, namespace: namespace)
            + ResourcePath.query([
                ("labelSelector", selector.labels), ("fieldSelector", selector.fields),
                ("limit", limit.map(String.init)),
                ("continue", next),
            ])
        let accept =
            metadataOnly
            ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json" : "application/json"
        let data = try await call("GET", path, accept: accept, isRepeatable: true, describing: request)
        var list = try decode(JSON.self, data, request)
        // Go writes an empty list as null.
        let found = list["items"] == .some(.null) ? JSON.array([]) : list["items"] ?? .array([])
        guard list["kind"]?.string?.hasSuffix("List") ?? false, case .array(var items) = found else {
            throw KubernetesError(
                reason: .malformed,
                status: APIStatus(message: "the answer is not a list", reason: "Malformed", code: 200), code: 200,
                request: request)
        }
        list["items"] = nil
        for index in items.indices {
            items[index]["apiVersion"] = .string(type.apiVersion)
            items[index]["kind"] = .string(type.kind)
        }
        let token = list[path: "metadata", "continue"]?.string
        return ResourcePage(
            items: items, resourceVersion: list[path: "metadata", "resourceVersion"]?.string ?? "",
            next: token.flatMap { $0.isEmpty ? nil : $0 }, size: data.count)
    }
}
