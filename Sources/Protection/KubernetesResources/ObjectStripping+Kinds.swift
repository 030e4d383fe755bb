import KubernetesModel

extension ObjectStripping {
    /// What Kubernetes makes in every namespace or cluster, and would refuse or undo.
    static func isGenerated(_ object: JSON, _ type: ResourceType) -> Bool {
        let name = object[path: "metadata", "name"]?.string ?? ""
        let labels = object[path: "metadata", "labels"]
        let annotations = object[path: "metadata", "annotations"]
        switch type.groupResource {
        case "configmaps":
            return ["kube-root-ca.crt", "openshift-service-ca.crt"].contains(name)
                || annotations?["control-plane.alpha.kubernetes.io/leader"] != nil
        case "secrets":
            // The new cluster's controller issues its own; the old one's key does not sign there.
            return object["type"]?.string == "kubernetes.io/service-account-token"
        case "pods": return annotations?["kubernetes.io/config.mirror"] != nil
        case "services", "endpoints":
            return object[path: "metadata", "namespace"]?.string == "default" && name == "kubernetes"
        case "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
            "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io":
            return labels?["kubernetes.io/bootstrapping"] != nil
        case "priorityclasses.scheduling.k8s.io": return name.hasPrefix("system-")
        case "apiservices.apiregistration.k8s.io": return labels?["kube-aggregator.kubernetes.io/automanaged"] != nil
        case "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io":
            return annotations?["apf.kubernetes.io/autoupdate-spec"]?.string == "true"
        case "servicecidrs.networking.k8s.io": return name == "kubernetes"
        default: return false
        }
    }

    /// A Job that ended would run again, and a Pod that ended would start again.
    static func isFinished(_ object: JSON, _ type: ResourceType) -> Bool {
        switch type.groupResource {
        case "jobs.batch":
            return (object[path: "status", "conditions"]?.array ?? []).contains {
                ["Complete", "Failed"].contains($0["type"]?.string ?? "") && $0["status"]?.string == "True"
            }
        case "pods": return ["Succeeded", "Failed"].contains(object[path: "status", "phase"]?.string ?? "")
        default: return false
        }
    }

    /// Addresses and ports that the server chose are left to the next server; those that somebody asked for are kept. A
    /// field manager owns what was asked for, and not what was allocated.
    static func service(_ specification: JSON, _ object: JSON) -> JSON {
        let managed = (object[path: "metadata", "managedFields"]?.array ?? []).compactMap {
            $0[path: "fieldsV1", "f:spec"]
        }
        func isAsked(_ field: String) -> Bool { managed.contains { $0["f:\(field)"] != nil } }
        var result = specification
        let isHeadless = specification["clusterIP"]?.string == "None"
        if !isHeadless, !isAsked("clusterIP") {
            result["clusterIP"] = nil
            result["clusterIPs"] = nil
        }
        for field in ["ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] where !isAsked(field) {
            result[field] = nil
        }
        result["ports"] = specification["ports"]?.array.map { ports in
            .array(
                ports.map { port in
                    guard port["nodePort"] != nil, !managed.contains(where: { asksForNodePort($0["f:ports"], port) })
                    else { return port }
                    var port = port
                    port["nodePort"] = nil
                    return port
                })
        }
        return result
    }

    private static func asksForNodePort(_ managed: JSON?, _ port: JSON) -> Bool {
        (managed?.object ?? [:]).contains { key, fields in
            guard fields["f:nodePort"] != nil, key.hasPrefix("k:"),
                let named = try? JSON(parsing: String(key.dropFirst(2)))
            else { return false }
            return named["port"] == port["port"] && (named["protocol"] ?? "TCP") == (port["protocol"] ?? "TCP")
        }
    }

    static func pod(_ specification: JSON) -> JSON {
        var result = specification
        // Decided or computed when it was admitted; admission refuses them when they are not as it would compute them.
        for field in ["nodeName", "priority", "preemptionPolicy", "ephemeralContainers", "serviceAccount"] {
            result[field] = nil
        }
        func isInjected(_ name: JSON?) -> Bool { name?.string?.hasPrefix("kube-api-access-") ?? false }
        if let volumes = specification["volumes"]?.array {
            let own = volumes.filter { !isInjected($0["name"]) }
            result["volumes"] = own.isEmpty ? nil : .array(own)
        }
        for list in ["containers", "initContainers"] {
            result[list] = specification[list]?.array.map { containers in
                .array(
                    containers.map { container in
                        guard let mounts = container["volumeMounts"]?.array else { return container }
                        var container = container
                        let own = mounts.filter { !isInjected($0["name"]) }
                        container["volumeMounts"] = own.isEmpty ? nil : .array(own)
                        return container
                    })
            }
        }
        return result
    }

    /// The selector and labels that the server generated hold the old object's UID.
    static func job(_ specification: JSON) -> JSON {
        guard specification["manualSelector"]?.bool != true else { return specification }
        var result = specification
        result["selector"] = nil
        if var labels = specification[path: "template", "metadata", "labels"]?.object {
            for key in [
                "controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
            ] { labels[key] = nil }
            var template = specification["template"] ?? .object([:])
            template["metadata"]?["labels"] = labels.isEmpty ? nil : .object(labels)
            if template["metadata"]?.object?.isEmpty == true { template["metadata"] = nil }
            result["template"] = template
        }
        return result
    }

    /// Tokens that were generated for it are not in the backup.
    static func clearServiceAccount(_ object: inout JSON) {
        let name = object[path: "metadata", "name"]?.string ?? ""
        for field in ["secrets", "imagePullSecrets"] {
            guard let entries = object[field]?.array else { continue }
            let own = entries.filter { entry in
                let secret = entry["name"]?.string ?? ""
                return !secret.hasPrefix("\(name)-token-") && !secret.hasPrefix("\(name)-dockercfg-")
            }
            object[field] = own.isEmpty ? nil : .array(own)
        }
    }
}
