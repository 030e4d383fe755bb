public import KubernetesModel

/// What is meant by what a built-in object leaves out.
public enum BuiltInDefaults {
    /// Before the schema's own defaults are filled in, quantities are put in the one way in which they are stored.
    public static func apply(to object: inout JSON, schema: StructuralSchema) {
        object = schema.root.withCanonicalQuantities(object)
        schema.applyDefaults(to: &object)
        switch object["kind"]?.string {
        case "Deployment": deployment(&object)
        case "StatefulSet": statefulSet(&object)
        case "Job": job(&object)
        case "Service" where object["apiVersion"] == "v1":
            service(&object)
            return
        default: return
        }
        object.at("spec") { $0.at("template") { $0.at("spec") { PodDefaults.apply(to: &$0) } } }
        // Defaults of what the defaults above brought.
        schema.applyDefaults(to: &object)
    }

    /// Addresses are not allocated: there is no network that they would be of.
    private static func service(_ object: inout JSON) {
        object.at("spec") { spec in
            spec.fill(["sessionAffinity": "None", "type": "ClusterIP"])
            if spec["type"] != "ExternalName" { spec.fill(["internalTrafficPolicy": "Cluster"]) }
            spec.each("ports") { port in
                if let number = port["port"] { port.fill(["targetPort": number]) }
            }
        }
    }

    private static func deployment(_ object: inout JSON) {
        object.at("spec") { spec in
            spec.at("strategy") { strategy in
                strategy.fill(["type": "RollingUpdate"])
                guard strategy["type"] == "RollingUpdate" else { return }
                strategy.fill(["rollingUpdate": [:]])
                strategy.at("rollingUpdate") { $0.fill(["maxSurge": "25%", "maxUnavailable": "25%"]) }
            }
            spec.fill(["replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600])
        }
    }

    private static func statefulSet(_ object: inout JSON) {
        object.at("spec") { spec in
            spec.fill([
                "podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10,
                "persistentVolumeClaimRetentionPolicy": [:],
            ])
            spec.at("persistentVolumeClaimRetentionPolicy") {
                $0.fill(["whenDeleted": "Retain", "whenScaled": "Retain"])
            }
            spec.at("updateStrategy") { strategy in
                strategy.fill(["type": "RollingUpdate"])
                guard strategy["type"] == "RollingUpdate" else { return }
                strategy.fill(["rollingUpdate": [:]])
                strategy.at("rollingUpdate") { $0.fill(["partition": 0]) }
            }
            spec.each("volumeClaimTemplates") { claim in
                claim.fill(["apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": [:], "status": [:]])
                claim.at("spec") { $0.fill(["volumeMode": "Filesystem"]) }
                claim.at("status") { $0.fill(["phase": "Pending"]) }
            }
        }
    }

    private static func job(_ object: inout JSON) {
        object.at("spec") { spec in
            if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
            spec.fill([
                "parallelism": 1, "backoffLimit": spec["backoffLimitPerIndex"] == nil ? 6 : .integer(Int64(Int32.max)),
                "completionMode": "NonIndexed", "suspend": false, "manualSelector": false,
                "podReplacementPolicy": spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed",
            ])
        }
        let labels = object[path: "spec", "template", "metadata", "labels"]
        if object[path: "metadata", "labels"]?.object?.isEmpty ?? true { object["metadata"]?["labels"] = labels }
    }
}

extension JSON {
    /// Sets members that are missing.
    mutating func fill(_ defaults: [String: JSON]) {
        guard var members = object else { return }
        members.merge(defaults) { old, _ in old }
        self = .object(members)
    }

    /// Changes a member that is there.
    mutating func at(_ key: String, _ change: (inout JSON) -> Void) {
        guard var member = self[key] else { return }
        change(&member)
        self[key] = member
    }

    /// Changes every item of a list that is there.
    mutating func each(_ key: String, _ change: (inout JSON) -> Void) {
        guard let items = self[key]?.array else { return }
        self[key] = .array(
            items.map {
                var item = $0
                change(&item)
                return item
            })
    }
}
