import ArgumentParser
import KubernetesClient
import Logging

/// How people's verbs and the operator find the cluster: as kubectl does.
struct ClusterOptions: ParsableArguments {
    @Option(help: "The kubeconfig to use; KUBECONFIG, the pod's service account or ~/.kube/config when absent.")
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context.")
    var context: String?

    @Option(name: .shortAndLong, help: "The namespace; the context's when absent.")
    var namespace: String?

    func connect(_ logger: Logger) throws -> KubernetesClient {
        try KubernetesClient(
            configuration: ClusterConfiguration.discover(kubeconfig: kubeconfig, context: context), logger: logger)
    }

    /// Runs `body` with a client and ends the client after it.
    func withClient<R: Sendable>(_ body: (KubernetesClient, String) async throws -> R) async throws -> R {
        let client: KubernetesClient
        do {
            client = try connect(Logs.logger("dr", verbose: false))
        } catch {
            throw ValidationError("\(error)")
        }
        do {
            let result = try await body(client, namespace ?? client.configuration.namespace)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

/// What went wrong, for a person: shown without the usage text, which would bury it.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
