import Foundation
import Logging
import Processes
import ServiceLifecycle
import StatusServer
import Synchronization
import Testing

@Suite struct StatusServerTests {
    struct Answer: Equatable {
        var code: String
        var type: String
        var body: String
    }

    /// What `curl` gets.
    static func get(_ port: Int, _ path: String) async throws -> Answer {
        let arguments = [
            "-sS", "--noproxy", "*", "-w", "\n%{http_code}\n%{content_type}", "http://127.0.0.1:\(port)\(path)",
        ]
        let output = String(decoding: try await runChild(Command("curl", arguments)), as: UTF8.self)
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Answer(
            code: lines[lines.count - 2], type: lines[lines.count - 1],
            body: lines.dropLast(2).joined(separator: "\n"))
    }

    /// Runs a server on a free port while `body` asks it, then shuts it down as a service group does.
    static func serving(
        health: [HealthCheck] = [.ping], readiness: [HealthCheck] = [.ping], metrics: MetricsRegistry = .init(),
        deadline: Duration = .seconds(60), _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let server = StatusServer(
            address: .init(host: "127.0.0.1", port: 0), health: health, readiness: readiness, metrics: metrics,
            logger: logger, deadline: deadline, onListening: { found.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            for await port in ports {
                try await body(port)
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `probes say ok, or what is wrong, as the Kubernetes API server does`() async throws {
        let box = Shared(failure: nil)
        let changing = HealthCheck("store") { box.value }
        try await Self.serving(readiness: [.ping, changing]) { (port: Int) async throws -> Void in
            let plain = "text/plain; charset=utf-8"
            #expect(try await Self.get(port, "/healthz") == Answer(code: "200", type: plain, body: "ok"))
            #expect(try await Self.get(port, "/livez") == Answer(code: "200", type: plain, body: "ok"))
            #expect(try await Self.get(port, "/readyz").body == "ok")
            #expect(
                try await Self.get(port, "/readyz?verbose").body == "[+]ping ok\n[+]store ok\nreadyz check passed\n")
            box.value = "the store\nis gone"
            let failed = "[+]ping ok\n[-]store failed: the store is gone\nreadyz check failed\n"
            #expect(try await Self.get(port, "/readyz") == Answer(code: "500", type: plain, body: failed))
            #expect(try await Self.get(port, "/readyz?exclude=store").body == "ok")
            #expect(
                try await Self.get(port, "/readyz?verbose&exclude=store").body
                    == "[+]ping ok\n[+]store excluded: ok\nreadyz check passed\n")
            #expect(try await Self.get(port, "/readyz/store").code == "500")
            #expect(try await Self.get(port, "/readyz/ping").body == "ok")
            #expect(try await Self.get(port, "/readyz/nothing").code == "404")
            #expect(try await Self.get(port, "/healthz").code == "200")
            #expect(try await Self.get(port, "/").code == "404")
        }
    }

    @Test func `a check that hangs counts as failed, and the others answer`() async throws {
        let hanging = HealthCheck("hanging") {
            try? await Task.sleep(for: .seconds(100_000))
            return nil
        }
        try await Self.serving(readiness: [hanging, .ping], deadline: .milliseconds(200)) {
            (port: Int) async throws -> Void in
            let answer = try await Self.get(port, "/readyz")
            #expect(answer.code == "500")
            #expect(answer.body.contains("[-]hanging failed: did not answer within 0.2 seconds\n[+]ping ok\n"))
        }
    }

    @Test func `metrics are served in the text format that promtool accepts`() async throws {
        let metrics = MetricsRegistry()
        metrics.counter("dr_backups_total", help: "Backups ended.", labels: ["policy", "result"])
            .create(labels: ["a\\b\"c\nd", "succeeded"])
        metrics.gauge("dr_rpo_seconds", help: "Back\\slash and\nnewline \"quotes\".").set(0.5)
        metrics.histogram("dr_step_duration_seconds", help: "Steps.", labels: ["kind"]).observe(
            .seconds(3), labels: ["sql"])
        let scrapes = metrics.counter("dr_scrapes_total", help: "Scrapes.")
        metrics.beforeScrape { scrapes.increment() }
        try await Self.serving(metrics: metrics) { (port: Int) async throws -> Void in
            let answer = try await Self.get(port, "/metrics")
            #expect(answer.code == "200")
            #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.contains("\ndr_scrapes_total 1\n"))
            #expect(answer.body.contains(#"dr_backups_total{policy="a\\b\"c\nd",result="succeeded"} 0"#))
            try await runChild(Command("promtool", ["check", "metrics"]), input: Array(answer.body.utf8))
        }
    }

    @Test func `an address that is taken is an error, not a silent absence`() async throws {
        try await Self.serving { (port: Int) async throws -> Void in
            let second = StatusServer(
                address: .init(host: "127.0.0.1", port: port), metrics: .init(), logger: Logger(label: "test"))
            let error = await #expect(throws: (any Error).self) { try await second.run() }
            #expect(error != nil)
        }
    }
}

final class Shared: Sendable {
    private let state: Mutex<String?>

    init(failure: String?) { state = Mutex(failure) }

    var value: String? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
