import APIMachinery
import Foundation
import KubernetesModel

/// What kinds do beyond the rules that all have.
extension ResourceDefinition {
    /// What a writer is taken to mean by what it leaves out: this belongs to the writer.
    /// - Parameter existing: nil for a new object.
    func applyDefaults(_ object: inout JSON, existing: JSON?) {
        switch behaviour {
        case .namespace:
            var labels = object[path: "metadata", "labels"] ?? .object([:])
            labels["kubernetes.io/metadata.name"] = .string(object.name)
            object["metadata"]?["labels"] = labels
        case .secret:
            SecretRules.fold(&object)
            if object["type"]?.string ?? "" == "" { object["type"] = existing?["type"] ?? "Opaque" }
        case .customResourceDefinition: CRDValidation.applyDefaults(to: &object)
        default: break
        }
        schema.prune(&object)
        if isCustom { schema.applyDefaults(to: &object) } else { BuiltInDefaults.apply(to: &object, schema: schema) }
    }

    /// What the server says, whatever was sent: this belongs to nobody.
    func prepareForCreate(_ object: inout JSON, now: Date) {
        switch behaviour {
        case .namespace: object["spec"] = ["finalizers": ["kubernetes"]]
        case .job: JobRules.addSelector(&object)
        default: break
        }
    }

    func prepareForUpdate(_ object: inout JSON, existing: JSON, now: Date) {
        // Only `finalize` and the controller change these.
        if behaviour == .namespace { object["spec"] = existing["spec"] }
    }

    /// After validation: what the server itself says about a new object.
    func finishCreate(_ object: inout JSON, now: Date) {
        switch behaviour {
        case .namespace: object["status"] = ["phase": "Active"]
        case .customResourceDefinition: CustomKind.finishCreate(&object, now: now)
        case .deployment, .statefulSet, .job:
            if object["status"] == nil { object["status"] = .object([:]) }
        default: break
        }
    }

    func finishUpdate(_ object: inout JSON, existing: JSON, now: Date) {
        if behaviour == .customResourceDefinition {
            object["status"] = CRDValidation.status(of: object, old: existing, now: now)
        }
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

    /// What the schema refuses. Of a built-in object the status is taken as it comes, and definitions have rules of
    /// their own.
    func schemaErrors(_ object: JSON, old: JSON?) -> [FieldError] {
        if isCustom { return schema.validate(object, old: old) }
        if behaviour == .customResourceDefinition { return [] }
        var (wanted, before) = (object, old)
        wanted["status"] = nil
        if before != nil { before?["status"] = nil }
        return schema.validate(wanted, old: before)
    }

    /// - Parameter old: the object before; nil for a new one.
    func errors(_ object: JSON, old: JSON?) -> [FieldError] {
        switch behaviour {
        case .configMap: ImmutableRules.errors(object, old: old, fields: ["data", "binaryData"])
        case .secret:
            ImmutableRules.errors(object, old: old, fields: ["data"]) + SecretRules.errors(object, old: old)
        case .deployment, .statefulSet:
            WorkloadRules.errors(object, old: old, behaviour)
                + PodRules.errors(object[path: "spec", "template", "spec"], at: PodRules.path)
        case .job: JobRules.errors(object, old: old)
        case .plain where type.kind == "Lease": LeaseRules.errors(object)
        case .customResourceDefinition: CRDValidation.validate(object, old: old)
        default: []
        }
    }
}

enum JobRules {
    /// A job finds its pods by its own uid, unless it was told how.
    static func addSelector(_ object: inout JSON) {
        guard object[path: "spec", "manualSelector"] != true else { return }
        let uid = JSON.string(object.uid)
        let labels: [String: JSON] = [
            "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": .string(object.name),
            "controller-uid": uid, "job-name": .string(object.name),
        ]
        let given = object[path: "spec", "template", "metadata", "labels"]?.object ?? [:]
        let all = JSON.object(given.merging(labels) { _, new in new })
        // Kubernetes labels the job itself when it took its labels from the template.
        if object[path: "metadata", "labels"]?.object ?? [:] == given { object["metadata"]?["labels"] = all }
        object["spec"]?["template"]?["metadata"]?["labels"] = all
        object["spec"]?["selector"] = ["matchLabels": ["batch.kubernetes.io/controller-uid": uid]]
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

    static func errors(_ object: JSON, old: JSON?) -> [FieldError] {
        var causes: [FieldError] = []
        if let old, let before = old["type"], before != object["type"] {
            causes.append(.invalid(FieldPath("type"), object["type"] ?? "", "field is immutable"))
        }
        for (key, value) in (object["data"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let text = value.string, Data(base64Encoded: text) == nil {
                // The value itself may be a secret: it is not shown.
                causes.append(.invalid(FieldPath("data").key(key), "<value>", "must be base64"))
            }
        }
        return causes
    }
}

enum ImmutableRules {
    /// An object marked `immutable` keeps its data and its mark.
    static func errors(_ object: JSON, old: JSON?, fields: [String]) -> [FieldError] {
        guard old?["immutable"]?.bool == true else { return [] }
        var changed = fields.filter { object[$0] != old?[$0] }
        if object["immutable"]?.bool != true { changed.insert("immutable", at: 0) }
        return changed.map { .forbidden(FieldPath($0), "field is immutable when `immutable` is set") }
    }
}

/// Deployments and StatefulSets: the selector is fixed at creation and selects the template.
enum WorkloadRules {
    static func errors(
        _ object: JSON, old: JSON?, _ behaviour: ResourceDefinition.Behaviour
    ) -> [FieldError] {
        var causes: [FieldError] = []
        let spec = FieldPath("spec")
        let selector = object[path: "spec", "selector"]
        let labels = object[path: "spec", "template", "metadata", "labels"]
        if let selector, !selector.isNull {
            if selector["matchLabels"]?.object?.isEmpty ?? true, selector["matchExpressions"]?.array?.isEmpty ?? true {
                causes.append(
                    .invalid(spec.child("selector"), selector, "empty selector is invalid for \(kind(behaviour))"))
            } else if !LabelSelector(selector).matches(labels: labels) {
                causes.append(
                    .invalid(
                        spec.child("template").child("metadata").child("labels"), labels ?? .object([:]),
                        "`selector` does not match template `labels`"))
            }
        }
        if let before = old?[path: "spec", "selector"], before != selector {
            causes.append(.invalid(spec.child("selector"), selector ?? .null, "field is immutable"))
        }
        if let replicas = object[path: "spec", "replicas"]?.integer, replicas < 0 {
            causes.append(
                .invalid(spec.child("replicas"), .integer(replicas), "must be greater than or equal to 0"))
        }
        return causes
    }

    private static func kind(_ behaviour: ResourceDefinition.Behaviour) -> String {
        behaviour == .deployment ? "deployment" : "statefulset"
    }
}
