import Foundation
import KubernetesModel

/// What kinds do beyond the rules that all have.
extension ResourceDefinition {
    /// Before defaults and validation.
    func prepareForCreate(_ object: inout JSON, now: Date) {
        switch behaviour {
        case .namespace: NamespaceRules.prepareForCreate(&object)
        case .secret: SecretRules.fold(&object)
        case .customResourceDefinition: CustomKindRules.prepare(&object)
        default: break
        }
    }

    func prepareForUpdate(_ object: inout JSON, existing: JSON, now: Date) {
        switch behaviour {
        case .namespace:
            // Only `finalize` and the controller change these.
            object["spec"] = existing["spec"]
        case .secret:
            SecretRules.fold(&object)
            if object["type"] == nil { object["type"] = existing["type"] }
        case .customResourceDefinition: CustomKindRules.prepare(&object)
        default: break
        }
    }

    /// After validation: what the server itself says about a new object.
    func finishCreate(_ object: inout JSON, now: Date) {
        switch behaviour {
        case .namespace: object["status"] = ["phase": "Active"]
        case .customResourceDefinition: CustomKindRules.setStatus(&object, existing: nil, now: now)
        case .deployment, .statefulSet, .job:
            if object["status"] == nil { object["status"] = .object([:]) }
        default: break
        }
    }

    func finishUpdate(_ object: inout JSON, existing: JSON, now: Date) {
        if behaviour == .customResourceDefinition { CustomKindRules.setStatus(&object, existing: existing, now: now) }
    }

    func prepareForDelete(_ object: inout JSON) {
        if behaviour == .namespace { object["status"] = ["phase": "Terminating"] }
    }

    /// Whether nothing but `metadata.finalizers` can keep a deleted object. A namespace stays until its content is
    /// gone.
    func isFinal(_ object: JSON) -> Bool {
        switch behaviour {
        case .namespace: object[path: "spec", "finalizers"]?.array?.isEmpty ?? true
        default: true
        }
    }

    /// - Parameter old: the object before; nil for a new one.
    func errors(_ object: JSON, old: JSON?) -> [APIStatus.Cause] {
        switch behaviour {
        case .configMap: ImmutableRules.errors(object, old: old, fields: ["data", "binaryData"])
        case .secret:
            ImmutableRules.errors(object, old: old, fields: ["data"]) + SecretRules.errors(object, old: old)
        case .deployment, .statefulSet: WorkloadRules.errors(object, old: old, behaviour)
        default: []
        }
    }
}

enum NamespaceRules {
    static func prepareForCreate(_ object: inout JSON) {
        object["spec"] = ["finalizers": ["kubernetes"]]
        var labels = object[path: "metadata", "labels"] ?? .object([:])
        labels["kubernetes.io/metadata.name"] = .string(object.name)
        object["metadata"]?["labels"] = labels
    }
}

enum SecretRules {
    /// `stringData` is a convenience for writing: it becomes part of `data` and is never stored.
    static func fold(_ object: inout JSON) {
        guard let plain = object["stringData"]?.object else {
            object["stringData"] = nil
            return
        }
        var data = object["data"]?.object ?? [:]
        for (key, value) in plain {
            data[key] = value.string.map { .string(Data($0.utf8).base64EncodedString()) } ?? value
        }
        object["data"] = .object(data)
        object["stringData"] = nil
    }

    static func errors(_ object: JSON, old: JSON?) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        if let old, let before = old["type"], before != object["type"] {
            causes.append(
                APIStatus.Cause(
                    reason: "FieldValueInvalid",
                    message: "Invalid value: \(object["type"]?.text ?? "\"\""): field is immutable", field: "type"))
        }
        for (key, value) in (object["data"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let text = value.string, Data(base64Encoded: text) == nil {
                causes.append(
                    APIStatus.Cause(
                        reason: "FieldValueInvalid", message: "Invalid value: must be base64",
                        field: "data[\(key)]"))
            }
        }
        return causes
    }
}

enum ImmutableRules {
    /// An object marked `immutable` keeps its data and its mark.
    static func errors(_ object: JSON, old: JSON?, fields: [String]) -> [APIStatus.Cause] {
        guard old?["immutable"]?.bool == true else { return [] }
        var changed = fields.filter { object[$0] != old?[$0] }
        if object["immutable"]?.bool != true { changed.insert("immutable", at: 0) }
        return changed.map {
            APIStatus.Cause(
                reason: "FieldValueForbidden", message: "Forbidden: field is immutable when `immutable` is set",
                field: $0)
        }
    }
}

/// Deployments and StatefulSets: the selector is fixed at creation and selects the template.
enum WorkloadRules {
    static func errors(
        _ object: JSON, old: JSON?, _ behaviour: ResourceDefinition.Behaviour
    ) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        let selector = object[path: "spec", "selector"]
        let labels = object[path: "spec", "template", "metadata", "labels"]
        if let selector {
            if selector["matchLabels"]?.object?.isEmpty ?? true, selector["matchExpressions"]?.array?.isEmpty ?? true {
                causes.append(
                    APIStatus.Cause(
                        reason: "FieldValueInvalid",
                        message: "Invalid value: \(selector.text): empty selector is invalid for \(kind(behaviour))",
                        field: "spec.selector"))
            } else if !Machinery.matches(selector: selector, labels: labels) {
                causes.append(
                    APIStatus.Cause(
                        reason: "FieldValueInvalid",
                        message: "Invalid value: \((labels ?? .null).text): `selector` does not match template `labels`",
                        field: "spec.template.metadata.labels"))
            }
        } else {
            causes.append(
                APIStatus.Cause(reason: "FieldValueRequired", message: "Required value", field: "spec.selector"))
        }
        if let before = old?[path: "spec", "selector"], before != selector {
            causes.append(
                APIStatus.Cause(
                    reason: "FieldValueInvalid",
                    message: "Invalid value: \((selector ?? .null).text): field is immutable", field: "spec.selector"))
        }
        if let replicas = object[path: "spec", "replicas"]?.integer, replicas < 0 {
            causes.append(
                APIStatus.Cause(
                    reason: "FieldValueInvalid",
                    message: "Invalid value: \(replicas): must be greater than or equal to 0", field: "spec.replicas"))
        }
        return causes
    }

    private static func kind(_ behaviour: ResourceDefinition.Behaviour) -> String {
        behaviour == .deployment ? "deployment" : "statefulset"
    }
}
