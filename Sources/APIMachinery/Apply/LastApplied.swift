import Foundation
import KubernetesModel

/// The annotation in which `kubectl apply` from the client's side keeps what it applied.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
    /// The only manager that takes over from the annotation.
    static let manager = "kubectl"

    /// What was applied from the client's side and is still so.
    static func fields(of live: JSON, shape: FieldShape, apiVersion: String) -> FieldSet {
        guard let text = live.annotation, let applied = try? JSON(parsing: text),
            applied["apiVersion"]?.string == apiVersion
        else { return .empty }
        let changes = FieldComparison(old: applied, new: live, shape: shape)
        return FieldSet(of: applied, shape: shape).subtracting(changes.modified).subtracting(changes.added)
            .subtracting(changes.removed)
    }

    /// Where the annotation is, it says what was applied now.
    static func renew(_ object: inout JSON, _ wanted: JSON) {
        guard object.annotation != nil else { return }
        var applied = wanted
        if var annotations = applied[path: "metadata", "annotations"] {
            annotations[annotation] = nil
            applied["metadata"]?["annotations"] = annotations
        }
        object["metadata"]?["annotations"]?[annotation] = .string(CompactJSON.text(applied) + "\n")
    }
}

extension JSON {
    fileprivate var annotation: String? {
        guard let text = self[path: "metadata", "annotations"]?[LastApplied.annotation]?.string, !text.isEmpty else {
            return nil
        }
        return text
    }

    var nameInMetadata: String { self[path: "metadata", "name"]?.string ?? "" }
}
