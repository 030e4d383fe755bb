import ArgumentParser
import KubernetesClient
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

    @Flag(help: "Logs what it looks at, too.")
    var verbose = false

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
        let service = OperatorService(client: client, logger: logger)
        let probes = ProbeAddress.server(host, port, client: client, service: service, logger: logger)
        logger.info("the operator starts", metadata: ["server": "\(client.configuration.server)"])
        try await ServiceGroup(
            services: [probes, service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
        await client.shutdown()
    }
}

enum ProbeAddress {
    static func parse(_ text: String) throws -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port) else {
            throw ValidationError("--probe-address: \"\(text)\" is not ADDRESS:PORT, for example 127.0.0.1:8081")
        }
        return (String(text[..<colon]), port)
    }

    static func server(
        _ host: String, _ port: Int, client: KubernetesClient, service: OperatorService, logger: Logger
    ) -> StatusServer {
        StatusServer(
            address: .init(host: host, port: port),
            health: [
                HealthCheck("http") {
                    ContinuousClock.now - client.lastActivity > .seconds(30) ? "the HTTP thread stands still" : nil
                }
            ],
            readiness: [HealthCheck("caches") { service.complaint() }], metrics: MetricsRegistry(), logger: logger,
            onListening: { port in logger.info("probes are served", metadata: ["port": "\(port)"]) })
    }
}
