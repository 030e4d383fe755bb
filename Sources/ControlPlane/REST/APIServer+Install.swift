import Foundation
import KubernetesModel

extension APIServer {
    /// The namespaces that are always there.
    func createPermanentNamespaces() async throws {
        for name in BuiltIn.permanentNamespaces {
            let target = Target(definition: BuiltIn.namespaces, namespace: "", name: name, subresource: .none)
            if try await store.get(target.key) != nil { continue }
            let object: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
            let admitted = try Admission(definition: BuiltIn.namespaces, manager: "dr", now: now())
                .create(object, uid: UUID().uuidString.lowercased())
            _ = try await insert(admitted, target, isDryRun: false)
        }
    }

    /// Applies an object as the administrator would.
    func install(_ object: JSON) async throws {
        let where_ = "\(object["kind"]?.string ?? "object") \(object.name)"
        let version = (object["apiVersion"]?.string ?? "").split(separator: "/").map(String.init)
        guard
            let definition = registry.resources.all.first(where: {
                $0.type.apiVersion == object["apiVersion"]?.string && $0.type.kind == object["kind"]?.string
            })
        else {
            throw ControlPlaneError(
                code: .refused, location: where_, message: "its apiVersion and kind are not served here")
        }
        var path = version.count > 1 ? ["apis"] + version : ["api"] + version
        if definition.type.namespaced {
            path += ["namespaces", object.namespace.isEmpty ? "default" : object.namespace]
        }
        let request = APIRequest(
            method: .patch, path: path + [definition.type.plural, object.name],
            query: APIRequest.Query([("fieldManager", "dr-standalone"), ("force", "true")]),
            contentType: PatchType.apply.rawValue, userAgent: "dr", body: JSONText.bytes(object))
        do {
            _ = try await respond(to: request)
        } catch let failure as APIFailure {
            throw ControlPlaneError(
                code: .refused, location: where_, message: failure.status.message ?? "refused with \(failure.code)")
        }
    }
}
