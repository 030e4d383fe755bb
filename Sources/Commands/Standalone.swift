import ArgumentParser
import ControlPlane
import Foundation
import KubernetesClient
import KubernetesResourcesProtection
import Logging
import Operator
import Processes
import RecoveryAPI
import ServiceLifecycle
import StatusServer
import UnixSignals

struct Standalone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the controllers on an API server of its own: no cluster needed.",
        discussion: """
            kubectl works against it: export KUBECONFIG=STATE/kubeconfig. What was acknowledged survives a kill. Declared \
            workloads are recorded, not run.
            """)

    @Option(help: "The folder that holds everything: objects, keys, kubeconfig. Made when it does not exist.")
    var state: String

    @Option(help: "The address to listen on. Whoever reaches it still needs the token of the kubeconfig.")
    var address = "127.0.0.1"

    @Option(
        name: .customLong("name"), parsing: .singleValue,
        help:
            "A further name or address that clients reach it by, for its certificate; may be given again. Needed for other machines."
    )
    var names: [String] = []

    @Option(help: "The port; 0 takes a free one, and the same one again after a restart.")
    var port = 0

    @Option(help: "Where probes and metrics are served, ADDRESS:PORT; port 0 takes a free one. Nowhere when absent.")
    var probeAddress: String?

    @OptionGroup var load: LoadOptions

    @Flag(help: "Only the API server, no controllers.")
    var apiOnly = false

    @Flag(help: "Logs what it looks at, too.")
    var verbose = false

    func run() async throws {
        SignalPolicy.ignoreBrokenPipes()
        let logger = Logs.logger("dr", verbose: verbose)
        let server = ControlPlane(
            configuration: ControlPlaneConfiguration(
                stateDirectory: URL(filePath: state, directoryHint: .isDirectory), host: address, port: port,
                alternativeNames: names),
            logger: logger)
        let controllers = StandaloneControllers(
            server: server, apiOnly: apiOnly, probes: try probeAddress.map(ProbeAddress.parse),
            maxConcurrentBackups: load.maxConcurrentBackups, logger: logger)
        try await ServiceGroup(
            services: [server, controllers], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }
}

/// The controllers, once the server listens: they reach it over TLS like any other client.
private struct StandaloneControllers: Service {
    let server: ControlPlane
    let apiOnly: Bool
    let probes: (host: String, port: Int)?
    let maxConcurrentBackups: Int
    let logger: Logger

    func run() async throws {
        try await server.ready()
        try await server.install(crds: CustomResourceDefinitions.all)
        logger.info(
            "the API server is ready",
            metadata: ["url": "\(server.url?.absoluteString ?? "")", "kubeconfig": "\(server.kubeconfigPath)"])
        guard !apiOnly else {
            try await gracefulShutdown()
            return
        }
        let client = try KubernetesClient(
            configuration: ClusterConfiguration.load(files: [server.kubeconfigPath]), logger: logger)
        do {
            // Who has its kubeconfig may do everything there.
            let registry = MetricsRegistry()
            let service = OperatorService(
                client: client, reach: .everythingForAll, maxConcurrentBackups: maxConcurrentBackups,
                metrics: PrometheusMetrics(registry), logger: logger)
            if let probes {
                let status = ProbeAddress.server(
                    probes.host, probes.port, client: client, service: service, metrics: registry, logger: logger)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service.run() }
                    group.addTask { try await status.run() }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            } else {
                try await service.run()
            }
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }
}
