import ArgumentParser
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesResourcesProtection
import Logging
import Operator
import Processes
import ServiceLifecycle
import StatusServer
import UnixSignals

struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Runs the controllers against a cluster.")

    @OptionGroup var cluster: ClusterOptions

    @Option(help: "Where probes and metrics are served: ADDRESS:PORT. Port 0 takes a free one.")
    var probeAddress = "0.0.0.0:8081"

    @Option(
        name: .customLong("watch-namespace"),
        help: "Works for this namespace only; may be given again. Without it, for all of the cluster.")
    var watchNamespaces: [String] = []

    @Option(
        name: .customLong("cross-namespace-from"),
        help: """
            Lets the kubernetes policies and restoreResources steps of this namespace reach all namespaces and the cluster's own \
            objects with the operator's rights; may be given again. Only for a namespace where everybody who writes may see everything.
            """)
    var crossNamespaceFrom: [String] = []

    @Flag(
        inversion: .prefixedNo,
        help: "Works only while it holds a Lease, so that a second operator stands by. The default in a cluster.")
    var leaderElect: Bool?

    @Option(help: "The Lease's name; it is in --namespace, by default the operator's own.")
    var leaseName = "dr-operator"

    @Option(
        help: """
            Seconds (15 to 600) that the Lease is another's to take after. The API server may be away for two thirds of them before the \
            operator gives up what it does, a restore above all; after a crash, nothing is done for as long.
            """)
    var leaseDuration = 90

    @OptionGroup var load: LoadOptions

    @Flag(help: "Logs what it looks at, too.")
    var verbose = false

    func validate() throws {
        guard (15...600).contains(leaseDuration) else {
            throw ValidationError("--lease-duration: \(leaseDuration) is not a number from 15 to 600")
        }
    }

    func run() async throws {
        SignalPolicy.ignoreBrokenPipes()
        let logger = Logs.logger("dr", verbose: verbose)
        let client: KubernetesClient
        do {
            client = try cluster.connect(logger)
        } catch {
            throw ValidationError("\(error)")
        }
        let (host, port) = try ProbeAddress.parse(probeAddress)
        let election = leaderElect ?? client.configuration.isInCluster ? makeElection(client, logger) : nil
        let registry = MetricsRegistry()
        let service = OperatorService(
            client: client, namespaces: Set(watchNamespaces),
            reach: crossNamespaceFrom.isEmpty ? .ownNamespace : .everything(for: Set(crossNamespaceFrom)),
            election: election,
            maxConcurrentBackups: load.maxConcurrentBackups, metrics: PrometheusMetrics(registry), logger: logger)
        let probes = ProbeAddress.server(
            host, port, client: client, service: service, election: election, metrics: registry, logger: logger)
        logger.info("the operator starts", metadata: ["server": "\(client.configuration.server)"])
        do {
            try await ServiceGroup(
                services: [probes, service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
            ).run()
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private func makeElection(_ client: KubernetesClient, _ logger: Logger) -> LeaderElector {
        // A process that starts again in the same pod is another: the old one's last write may still be on its way.
        LeaderElector(
            client: client, namespace: cluster.namespace ?? client.configuration.namespace, name: leaseName,
            identity: "\(ProcessInfo.processInfo.hostName)_\(UUID().uuidString.lowercased())",
            timing: .init(leaseDuration: .seconds(leaseDuration)), logger: logger,
            abandon: { _exit(70) })
    }
}

/// How much is done at a time.
struct LoadOptions: ParsableArguments {
    @Option(
        help: "How many backups are made at a time; the others wait (Queued). Each takes some 120 MB and a processor.")
    var maxConcurrentBackups = OperatorService.standardConcurrentBackups

    func validate() throws {
        guard (1...1000).contains(maxConcurrentBackups) else {
            throw ValidationError("--max-concurrent-backups: \(maxConcurrentBackups) is not a number from 1 to 1000")
        }
    }
}

enum ProbeAddress {
    static func parse(_ text: String) throws -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else {
            throw ValidationError("--probe-address: \"\(text)\" is not ADDRESS:PORT, for example 127.0.0.1:8081")
        }
        return (String(text[..<colon]), port)
    }

    static func server(
        _ host: String, _ port: Int, client: KubernetesClient, service: OperatorService, election: LeaderElector? = nil,
        metrics: MetricsRegistry, logger: Logger
    ) -> StatusServer {
        StatusServer(
            address: .init(host: host, port: port),
            health: [
                HealthCheck("http") {
                    ContinuousClock.now - client.lastActivity > .seconds(30) ? "the HTTP thread stands still" : nil
                },
                HealthCheck("watches") { service.standstill() },
                HealthCheck("lease") {
                    guard let last = election?.lastActivity else { return nil }
                    return ContinuousClock.now - last > .seconds(90) ? "the election stands still" : nil
                },
            ],
            readiness: [HealthCheck("caches") { service.complaint() }], metrics: metrics, logger: logger,
            onListening: { port in logger.info("probes are served", metadata: ["port": "\(port)"]) })
    }
}
