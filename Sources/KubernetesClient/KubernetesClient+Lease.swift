import Foundation
public import KubernetesModel

extension KubernetesClient {
    /// Reads an object past the rate limit and without retries, for what has a deadline of its own. Nil when it is not there.
    public func readAtOnce<R: KubernetesResource>(
        _ type: R.Type, _ name: String, namespace: String, timeout: Duration
    ) async throws -> R? {
        let request = R.resourceType.describe("get", namespace, name)
        do {
            let data = try await callAtOnce(
                "GET", ResourcePath.path(R.resourceType, namespace: namespace, name: name), timeout: timeout,
                describing: request)
            return try decode(R.self, data, request)
        } catch let error as KubernetesError where error.isNotFound {
            return nil
        }
    }

    /// Creates the object, or replaces the version that it names; once, as ``readAtOnce(_:_:namespace:timeout:)``.
    public func writeAtOnce<R: KubernetesResource>(_ object: R, timeout: Duration) async throws -> R {
        let isNew = object.metadata.resourceVersion == nil
        let request = R.resourceType.describe(isNew ? "create" : "update", object.namespace, object.name)
        let path =
            ResourcePath.path(R.resourceType, namespace: object.namespace, name: isNew ? nil : object.name)
            + ResourcePath.query([("fieldManager", Self.fieldManager)])
        let data = try await callAtOnce(
            isNew ? "POST" : "PUT", path, body: encode(object), timeout: timeout, describing: request)
        return try decode(R.self, data, request)
    }
}
