import Cryptography
import Foundation
import Processes

/// A server for one verification, on a loopback port, over blocks in a folder of its own. It scrapes nothing, keeps blocks of
/// any age, answers only below a prefix that nobody can guess, and ends with this process however that ends.
enum ScratchPrometheus {
    static func with<R: Sendable>(
        blocks: URL, in scratch: URL, lookback: String, _ body: @Sendable (PrometheusClient) async throws -> R
    ) async throws -> R {
        let configuration = scratch.appending(path: "prometheus.yml")
        try Data("global: {}\n".utf8).write(to: configuration)
        // A port may be taken between asking for it and using it.
        for attempt in 1...3 {
            do { return try await run(configuration, blocks, lookback, body) } catch let error as ProcessError {
                if error.code == .notStarted {
                    throw PrometheusError(
                        .toolMissing, "prometheus could not be started: \(error.message)", field: "verification",
                        mend: "install prometheus 2.39 or later")
                }
                if attempt < 3, error.message.contains("address already in use") { continue }
                // It has looked at the blocks and refused them.
                if error.message.contains("TSDB") || error.message.contains("block") {
                    throw PrometheusError(
                        .damaged, "a server does not start on the blocks: \(error.message.suffix(300))")
                }
                throw PrometheusError(
                    .scratchServer, "the scratch server does not run: \(error.message.suffix(300))",
                    field: "verification")
            }
        }
        throw PrometheusError(
            .scratchServer, "the scratch server finds no free port", field: "verification", isRetriable: true)
    }

    private static func run<R: Sendable>(
        _ configuration: URL, _ blocks: URL, _ lookback: String, _ body: @Sendable (PrometheusClient) async throws -> R
    ) async throws -> R {
        let port = try freeLoopbackPort()
        let prefix = "/\(try SecureRandom.hexString(byteCount: 16))"
        let command = Command(
            "prometheus",
            [
                "--config.file=\(configuration.path)", "--storage.tsdb.path=\(blocks.path)",
                "--storage.tsdb.retention.time=200y",
                "--web.listen-address=127.0.0.1:\(port)", "--web.route-prefix=\(prefix)",
                "--query.lookback-delta=\(lookback)",
                "--query.max-samples=200000000", "--log.level=warn",
            ], endSignal: .kill, diesWithParent: .kill)
        let server = PrometheusServer(url: "http://127.0.0.1:\(port)\(prefix)")
        return try await withServer(command) { child in
            try await PrometheusClient.with(server) { client in
                let deadline = ContinuousClock.now + .seconds(600)
                while true {
                    do {
                        _ = try await client.number("vector(1)", at: 0)
                        break
                    } catch let error as PrometheusError {
                        guard !child.hasEnded, ContinuousClock.now < deadline else { throw error }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                return try await body(client)
            }
        }
    }
}
