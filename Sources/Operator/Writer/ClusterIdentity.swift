import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// What a cluster is called in a store: the UID of its namespace kube-system, which it has for its whole life and which no
/// other has. `dr standalone` has one, too.
final class ClusterIdentity: Sendable {
    private let client: KubernetesClient
    private let known = Mutex<String?>(nil)

    init(client: KubernetesClient) { self.client = client }

    func id() async throws -> String {
        if let id = known.withLock({ $0 }) { return id }
        let namespace: Namespace
        do {
            namespace = try await client.get(Namespace.self, "kube-system", namespace: nil)
        } catch let error as KubernetesError where [.forbidden, .notFound].contains(error.reason) {
            throw ReferenceError(
                reason: Reason.writerUnknown,
                "this cluster cannot be told from others: let the operator get the namespace kube-system (\(error))")
        }
        guard let id = namespace.metadata.uid, !id.isEmpty else {
            throw ReferenceError(reason: Reason.writerUnknown, "the namespace kube-system has no UID")
        }
        known.withLock { $0 = id }
        return id
    }

    struct Namespace: KubernetesResource {
        static let resourceType = ResourceType(
            group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false)
        var apiVersion = "v1"
        var kind = "Namespace"
        var metadata: ObjectMeta
    }
}
