import Foundation
public import KubernetesModel

/// A list and the version that it is of.
public struct ResourceList<R: Sendable>: Sendable {
    public var items: [R]
    public var resourceVersion: String
    /// Items that could not be read as R: their names, for the log.
    public var unreadable: [String] = []
}

/// Which objects, in the two languages that the API server knows.
public struct ListSelector: Sendable, Hashable {
    public var labels: String?
    public var fields: String?

    public init(labels: String? = nil, fields: String? = nil) {
        self.labels = labels
        self.fields = fields
    }
}

/// What a delete insists on: that it is still the object that was looked at.
public struct Preconditions: Sendable, Hashable {
    public var uid: String?
    public var resourceVersion: String?

    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}

extension KubernetesClient {
    public func get<R: KubernetesResource>(_ type: R.Type, _ name: String, namespace: String?) async throws -> R {
        let request = R.resourceType.describe("get", namespace, name)
        let path = ResourcePath.path(R.resourceType, namespace: namespace, name: name)
        return try decode(R.self, try await call("GET", path, isRepeatable: true, describing: request), request)
    }

    /// Nil when it is not there.
    public func getIfPresent<R: KubernetesResource>(
        _ type: R.Type, _ name: String, namespace: String?
    ) async throws -> R? {
        do {
            return try await get(type, name, namespace: namespace)
        } catch let error as KubernetesError where error.isNotFound {
            return nil
        }
    }

    /// All objects, page by page. Nil for every namespace.
    public func list<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, selector: ListSelector = ListSelector()
    ) async throws -> ResourceList<R> {
        var result = ResourceList<R>(items: [], resourceVersion: "")
        var token: String?
        repeat {
            let page: (list: ResourceList<R>, token: String?)
            do {
                page = try await listPage(
                    type, namespace: namespace, selector: selector, resourceVersion: nil, limit: Self.pageSize,
                    token: token)
            } catch let error as KubernetesError where error.isExpired && token != nil {
                // The version of the first pages was compacted away. Pages of another would not fit them: all at once.
                return try await listPage(
                    type, namespace: namespace, selector: selector, resourceVersion: nil, limit: nil, token: nil
                ).list
            }
            result.items += page.list.items
            result.unreadable += page.list.unreadable
            result.resourceVersion = page.list.resourceVersion
            token = page.token
        } while token != nil
        return result
    }

    func listPage<R: KubernetesResource>(
        _ type: R.Type, namespace: String?, selector: ListSelector, resourceVersion: String?, limit: Int?,
        token: String?
    ) async throws -> (list: ResourceList<R>, token: String?) {
        let request = R.resourceType.describe("list", namespace, nil)
        let path =
            ResourcePath.path(R.resourceType, namespace: namespace)
            + ResourcePath.query([
                ("labelSelector", selector.labels), ("fieldSelector", selector.fields),
                ("resourceVersion", resourceVersion), ("limit", limit.map(String.init)), ("continue", token),
            ])
        let data = try await call("GET", path, isRepeatable: true, describing: request)
        let page = try decode(ListDocument<R>.self, data, request)
        let items = page.items.compactMap(\.value).map { item -> R in
            // Items of a list do not repeat their type.
            var item = item
            item.apiVersion = R.resourceType.apiVersion
            item.kind = R.resourceType.kind
            return item
        }
        let next = page.metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
        return (
            ResourceList(
                items: items, resourceVersion: page.metadata.resourceVersion ?? "",
                unreadable: page.items.compactMap(\.complaint)), next
        )
    }

    public func create<R: KubernetesResource>(_ object: R, dryRun: Bool = false) async throws -> R {
        let request = R.resourceType.describe("create", object.namespace, object.name)
        let path =
            ResourcePath.path(R.resourceType, namespace: object.namespace)
            + ResourcePath.query([("fieldManager", Self.fieldManager), ("dryRun", dryRun ? "All" : nil)])
        let data = try await call("POST", path, body: encode(object), isRepeatable: false, describing: request)
        return try written(data, request, isDryRun: dryRun)
    }

    /// Replaces an object; a version in its metadata makes the server refuse if it has changed meanwhile.
    public func update<R: KubernetesResource>(_ object: R, subresource: String? = nil) async throws -> R {
        let request = R.resourceType.describe("update", object.namespace, object.name)
        let path =
            ResourcePath.path(R.resourceType, namespace: object.namespace, name: object.name, subresource: subresource)
            + ResourcePath.query([("fieldManager", Self.fieldManager)])
        let data = try await call(
            "PUT", path, body: encode(object), isRepeatable: object.metadata.resourceVersion != nil, describing: request
        )
        return try written(data, request)
    }

    public func patch<R: KubernetesResource>(
        _ type: R.Type, _ name: String, namespace: String?, merge patch: JSON, subresource: String? = nil
    ) async throws -> R {
        let request = R.resourceType.describe("patch", namespace, name)
        let data = try await sendPatch(
            R.resourceType, name, namespace: namespace, patch, contentType: "application/merge-patch+json",
            subresource: subresource, query: [("fieldManager", Self.fieldManager)])
        return try written(data, request)
    }

    private func written<R: KubernetesResource>(_ data: Data, _ request: String, isDryRun: Bool = false) throws -> R {
        let object = try decode(R.self, data, request)
        let metadata = object.metadata
        if !isDryRun {
            WriteObserver.tell(
                R.resourceType, namespace: metadata.namespace, name: metadata.name, version: metadata.resourceVersion)
        }
        return object
    }

    public func delete<R: KubernetesResource>(
        _ type: R.Type, _ name: String, namespace: String?, preconditions: Preconditions = Preconditions()
    ) async throws {
        try await delete(R.resourceType, name, namespace: namespace, preconditions: preconditions)
    }

    public static let fieldManager = "dr"
    static let pageSize = 500

    func encode(_ object: some Encodable) throws -> [UInt8] { [UInt8](try JSONEncoder.kubernetes.encode(object)) }
}

/// A list whose items are read one by one: one that cannot be read does not hide the others.
struct ListDocument<R: Decodable>: Decodable {
    struct Metadata: Decodable {
        var resourceVersion: String?
        var `continue`: String?
    }

    struct Item: Decodable {
        private struct Named: Decodable {
            struct Metadata: Decodable { var name: String? }
            var metadata: Metadata?
        }

        var value: R?
        var complaint: String?

        init(from decoder: any Decoder) throws {
            do {
                value = try R(from: decoder)
            } catch {
                let name = (try? Named(from: decoder))?.metadata?.name ?? "an object without a name"
                complaint = "\(name): \(error)"
            }
        }
    }

    var metadata: Metadata
    var items: [Item]

    private enum CodingKeys: String, CodingKey { case metadata, items }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata) ?? Metadata()
        items = try container.decodeIfPresent([Item].self, forKey: .items) ?? []
    }
}

extension KubernetesClient {
    /// One list at a version or newer, from the server's cache, not in pages.
    public func listOnce<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, selector: ListSelector = ListSelector(), resourceVersion: String
    ) async throws -> ResourceList<R> {
        try await listPage(
            type, namespace: namespace, selector: selector, resourceVersion: resourceVersion, limit: nil, token: nil
        ).list
    }
}
