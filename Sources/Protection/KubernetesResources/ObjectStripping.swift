import KubernetesModel

/// What of an object belongs into a backup: what somebody wrote, not what the server and the controllers added.
///
/// The reasons stand in `docs/design/2026-11-24-kubernetes-objects.md`, one for each rule.
struct ObjectStripping: Sendable {
    enum Verdict: Sendable, Hashable {
        case keep(JSON)
        case leaveOut(Reason)
    }

    enum Reason: String, Sendable, Hashable, CaseIterable {
        case isBeingDeleted = "being deleted"
        case isGenerated = "made by Kubernetes itself"
        case isFinished = "finished"
        case isOwned = "made again by their owners"
    }

    /// Whether PersistentVolumes are in the backup too: only then a claim may name its volume.
    var keepsVolumeNames = false

    func verdict(_ object: JSON, type: ResourceType) -> Verdict {
        let metadata = object["metadata"] ?? .object([:])
        if let time = metadata["deletionTimestamp"], !time.isNull { return .leaveOut(.isBeingDeleted) }
        if Self.isGenerated(object, type) { return .leaveOut(.isGenerated) }
        if Self.isFinished(object, type) { return .leaveOut(.isFinished) }
        var result = object
        result["status"] = nil
        result["metadata"] = Self.metadata(metadata, type)
        if ResourceOrder.isBuiltIn(type.group) { Self.clearTemplates(&result) }
        shape(&result, original: object, type)
        return .keep(result)
    }

    private static func metadata(_ metadata: JSON, _ type: ResourceType) -> JSON {
        var result: JSON = [:]
        result["name"] = metadata["name"]
        if type.namespaced { result["namespace"] = metadata["namespace"] }
        var labels = metadata["labels"]?.object ?? [:]
        if type.groupResource == "namespaces" { labels["kubernetes.io/metadata.name"] = nil }
        if type.groupResource == "jobs.batch" { for key in jobLabels { labels[key] = nil } }
        if !labels.isEmpty { result["labels"] = .object(labels) }
        let annotations = (metadata["annotations"]?.object ?? [:]).filter { !isWritten($0.key) }
        if !annotations.isEmpty { result["annotations"] = .object(annotations) }
        return result
    }

    /// Annotations that controllers and tools keep for themselves.
    private static func isWritten(_ key: String) -> Bool {
        if key.hasPrefix("pv.kubernetes.io/bind-") || key == "pv.kubernetes.io/bound-by-controller" { return true }
        return [
            "kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision",
            "deployment.kubernetes.io/desired-replicas",
            "deployment.kubernetes.io/max-replicas", "deployment.kubernetes.io/revision-history",
            "deprecated.daemonset.template.generation",
            "volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner",
            "volume.kubernetes.io/selected-node",
            "endpoints.kubernetes.io/last-change-trigger-time", "control-plane.alpha.kubernetes.io/leader",
            "batch.kubernetes.io/job-tracking",
        ].contains(key)
    }

    private static let jobLabels = [
        "controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
    ]

    /// Templates carry the fields of objects that they are not yet.
    private static func clearTemplates(_ object: inout JSON) {
        guard var specification = object["spec"]?.object else { return }
        func cleared(_ template: JSON?) -> JSON? {
            guard var template, template["metadata"]?.object != nil else { return template }
            template["metadata"]?["creationTimestamp"] = nil
            if template["metadata"]?.object?.isEmpty == true { template["metadata"] = nil }
            template["status"] = nil
            return template
        }
        specification["template"] = cleared(specification["template"])
        if var job = cleared(specification["jobTemplate"]) {
            let template = cleared(job[path: "spec", "template"])
            job["spec"]?["template"] = template
            specification["jobTemplate"] = job
        }
        if let claims = specification["volumeClaimTemplates"]?.array {
            specification["volumeClaimTemplates"] = .array(claims.map { cleared($0) ?? $0 })
        }
        object["spec"] = .object(specification)
    }

    private func shape(_ object: inout JSON, original: JSON, _ type: ResourceType) {
        switch type.groupResource {
        case "namespaces": object["spec"] = nil
        case "services": object["spec"] = Self.service(object["spec"] ?? .object([:]), original)
        case "pods": object["spec"] = Self.pod(object["spec"] ?? .object([:]))
        case "jobs.batch": object["spec"] = Self.job(object["spec"] ?? .object([:]))
        case "serviceaccounts": Self.clearServiceAccount(&object)
        case "persistentvolumeclaims": if !keepsVolumeNames { object["spec"]?["volumeName"] = nil }
        case "persistentvolumes":
            for key in ["uid", "resourceVersion"] where object[path: "spec", "claimRef", key] != nil {
                var claim = object[path: "spec", "claimRef"] ?? .object([:])
                claim[key] = nil
                object["spec"]?["claimRef"] = claim
            }
        default: break
        }
    }
}
