import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

/// Answers probes and Prometheus, in plain HTTP.
///
/// - `/healthz` and `/livez`: whether the process should live; `/readyz`: whether it does its work. 200 with `ok`, or
///   500 with a line for every check. `?verbose` lists them always, `?exclude=NAME` leaves one out, `/readyz/NAME` asks
///   one alone, all as the Kubernetes API server does.
/// - `/metrics`: the registry in the text format 0.0.4.
public struct StatusServer: Service {
    /// Where to listen.
    public struct Address: Sendable, Hashable {
        public var host: String
        /// 0 lets the system choose; `onListening` tells.
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// The kubelet and Prometheus come from outside of the Pod.
        public static let cluster = Address(host: "0.0.0.0", port: 8081)
        /// On somebody's machine nobody else shall see it.
        public static let standalone = Address(host: "127.0.0.1", port: 8081)
    }

    private let address: Address
    private let health: [HealthCheck]
    private let readiness: [HealthCheck]
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let deadline: Duration
    private let clock: any Clock<Duration>
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - health: for `/healthz` and `/livez`. A failure makes Kubernetes restart the program: only for what a restart
    ///     mends.
    ///   - readiness: for `/readyz`.
    ///   - deadline: for each check. The kubelet waits for a second unless the probe says otherwise.
    ///   - onListening: called with the port once requests are answered.
    public init(
        address: Address, health: [HealthCheck] = [.ping], readiness: [HealthCheck] = [.ping],
        metrics: MetricsRegistry, logger: Logger, deadline: Duration = .milliseconds(900),
        clock: any Clock<Duration> = ContinuousClock(),
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.address = address
        self.health = health
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
        self.deadline = deadline
        self.clock = clock
        self.onListening = onListening
    }

    /// Serves until the task is cancelled or its service group shuts down.
    /// - Throws: when the address cannot be had.
    public func run() async throws {
        let router = Router()
        for (path, checks) in [("healthz", health), ("livez", health), ("readyz", readiness)] {
            router.get("/\(path)") { request, _ in await probe(request, checks, title: path) }
            router.get("/\(path)/:check") { request, context in
                let name = try context.parameters.require("check")
                guard let check = checks.first(where: { $0.name == name }) else { throw HTTPError(.notFound) }
                return await probe(request, [check], title: "\(path)/\(name)")
            }
        }
        let metrics = metrics
        router.get("/metrics") { _, _ in
            Self.response(
                .ok, await metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
        try await application.run()
    }

    private func probe(_ request: Request, _ checks: [HealthCheck], title: String) async -> Response {
        let query = request.uri.queryParameters
        let excluded = Set(query.getAll("exclude"))
        let report = await HealthReport.gather(
            checks, title: title, excluding: excluded, deadline: deadline, clock: clock)
        return Self.response(
            report.isWell ? .ok : .internalServerError,
            report.text(verbose: query.has("verbose") || query.get("verbose") != nil),
            type: "text/plain; charset=utf-8")
    }

    private static func response(_ status: HTTPResponse.Status, _ text: String, type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
