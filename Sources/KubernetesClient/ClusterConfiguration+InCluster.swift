public import Foundation

extension ClusterConfiguration {
    public static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The service account of the pod that this runs in.
    /// - Throws: ``ClusterConfigurationError`` outside of a pod.
    public static func inCluster(
        environment: [String: String] = ProcessInfo.processInfo.environment, folder: String = serviceAccountFolder
    ) throws -> ClusterConfiguration {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            !host.isEmpty, !port.isEmpty
        else {
            throw ClusterConfigurationError(
                location: "environment",
                message: "KUBERNETES_SERVICE_HOST and _PORT are not set: not in a pod; give --kubeconfig")
        }
        guard FileManager.default.isReadableFile(atPath: "\(folder)/token") else {
            throw ClusterConfigurationError(
                location: "\(folder)/token",
                message: "cannot be read: let the pod mount its service account token (automountServiceAccountToken)")
        }
        let namespace = try? String(contentsOfFile: "\(folder)/namespace", encoding: .utf8)
        var configuration = ClusterConfiguration(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            namespace: namespace?.trimmingCharacters(in: .whitespacesAndNewlines).nonEmpty ?? "default",
            certificateAuthority: .file("\(folder)/ca.crt"), credential: .tokenFile("\(folder)/token"))
        configuration.isInCluster = true
        return configuration
    }

    /// A kubeconfig if one is named or lies in its usual place, else the pod's service account.
    public static func discover(
        kubeconfig: String? = nil, context: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ClusterConfiguration {
        if let kubeconfig { return try load(files: [kubeconfig], context: context) }
        if let list = environment["KUBECONFIG"], !list.isEmpty {
            return try load(files: list.split(separator: ":").map(String.init), context: context)
        }
        if environment["KUBERNETES_SERVICE_HOST"] != nil, context == nil {
            return try inCluster(environment: environment)
        }
        let usual = (environment["HOME"] ?? NSHomeDirectory()) + "/.kube/config"
        guard FileManager.default.fileExists(atPath: usual) else {
            throw ClusterConfigurationError(
                location: usual, message: "there is no kubeconfig: give --kubeconfig or set KUBECONFIG")
        }
        return try load(files: [usual], context: context)
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
