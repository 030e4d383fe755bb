import KubernetesClient
import KubernetesModel

/// The resources of the kinds that documents name, asked for once each.
actor ResourceTypes {
    private let client: KubernetesClient
    private var known: [String: ResourceType?] = [:]

    init(client: KubernetesClient) { self.client = client }

    /// Nil where the API server has no such kind.
    func type(of object: JSON) async throws -> ResourceType? {
        let apiVersion = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        let key = "\(apiVersion)/\(kind)"
        if let found = known[key] { return found }
        do {
            let type = try await client.resourceType(apiVersion: apiVersion, kind: kind)
            known[key] = type
            return type
        } catch let error as KubernetesError where error.isNotFound {
            known[key] = .some(nil)
            return nil
        }
    }

    /// After definitions were applied.
    func forget() {
        known = [:]
        client.forgetKinds()
    }
}
