import APIMachinery
import KubernetesModel

/// What Kubernetes asks of a pod beyond its schema, as far as objects are refused that no cluster would take.
enum PodRules {
    /// - Parameter template: the path of a pod template's specification, and what is there.
    static func errors(_ pod: JSON?, at path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (pod?[list]?.array ?? []).enumerated()
            where container["image"]?.string?.isEmpty ?? true {
                errors.append(.required(path.child(list).index(index).child("image")))
            }
        }
        return errors
    }

    static let path = FieldPath("spec.template.spec")
}

extension JobRules {
    static func errors(_ object: JSON, old: JSON?) -> [FieldError] {
        let pod = object[path: "spec", "template", "spec"]
        var errors = PodRules.errors(pod, at: PodRules.path)
        if !["OnFailure", "Never"].contains(pod?["restartPolicy"]?.string ?? "") {
            errors.append(.required(PodRules.path.child("restartPolicy"), #"valid values: "OnFailure", "Never""#))
        }
        if let old, old[path: "spec", "selector"] != object[path: "spec", "selector"] {
            errors.append(
                .invalid(FieldPath("spec.selector"), object[path: "spec", "selector"] ?? .null, "field is immutable"))
        }
        return errors
    }
}

enum LeaseRules {
    static func errors(_ object: JSON) -> [FieldError] {
        guard let seconds = object[path: "spec", "leaseDurationSeconds"]?.integer, seconds <= 0 else { return [] }
        return [
            .invalid(FieldPath("spec.leaseDurationSeconds"), .integer(seconds), "must be greater than 0")
        ]
    }
}
