import KubernetesModel

/// What is meant by what a pod leaves out.
enum PodDefaults {
    static func apply(to pod: inout JSON) {
        pod.fill([
            "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
            "securityContext": [:], "terminationGracePeriodSeconds": 30,
        ])
        // Two names for one field.
        if let account = pod["serviceAccountName"] ?? pod["serviceAccount"] {
            pod["serviceAccountName"] = account
            pod["serviceAccount"] = account
        }
        let usesHostNetwork = pod["hostNetwork"] == true
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            pod.each(list) { container(&$0, usesHostNetwork: usesHostNetwork) }
        }
        pod.each("volumes", volume)
    }

    private static func container(_ container: inout JSON, usesHostNetwork: Bool) {
        container.fill([
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": isLatest(container["image"]?.string ?? "") ? "Always" : "IfNotPresent",
        ])
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            container.at(name) { probe in
                probe.fill(["timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3])
                probe.at("httpGet", httpGet)
                probe.at("grpc") { $0.fill(["service": ""]) }
            }
        }
        container.at("lifecycle") { lifecycle in
            for name in ["preStop", "postStart"] { lifecycle.at(name) { $0.at("httpGet", httpGet) } }
        }
        container.each("env") { $0.at("valueFrom", fieldReference) }
        guard usesHostNetwork else { return }
        container.each("ports") { port in port.fill(["hostPort": port["containerPort"] ?? 0]) }
    }

    /// An image without a tag, or with the tag `latest`; one with a digest is fixed.
    private static func isLatest(_ image: String) -> Bool {
        if image.contains("@") { return false }
        let name = image.split(separator: "/").last ?? ""
        guard let colon = name.lastIndex(of: ":") else { return true }
        return name[colon...].dropFirst() == "latest"
    }

    private static func httpGet(_ action: inout JSON) { action.fill(["path": "/", "scheme": "HTTP"]) }

    private static func fieldReference(_ holder: inout JSON) {
        holder.at("fieldRef") { $0.fill(["apiVersion": "v1"]) }
        holder.at("resourceFieldRef") { $0.fill(["divisor": "0"]) }
    }

    private static func volume(_ volume: inout JSON) {
        if volume.object?.count == 1, volume["name"] != nil { volume["emptyDir"] = [:] }
        for name in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.at(name) { $0.fill(["defaultMode": 420]) }
        }
        volume.at("downwardAPI") { $0.each("items", fieldReference) }
        volume.at("projected") { projected in
            projected.each("sources") { source in
                source.at("downwardAPI") { $0.each("items", fieldReference) }
                source.at("serviceAccountToken") { $0.fill(["expirationSeconds": 3600]) }
            }
        }
        volume.at("hostPath") { $0.fill(["type": ""]) }
        volume.at("ephemeral") { ephemeral in
            ephemeral.at("volumeClaimTemplate") { $0.at("spec") { $0.fill(["volumeMode": "Filesystem"]) } }
        }
    }
}
