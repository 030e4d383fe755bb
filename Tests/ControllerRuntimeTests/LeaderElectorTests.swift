import KubernetesClient
import KubernetesModel
import ScriptedAPIServer
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Leading")
struct LeaderElectorTests {
    /// - Parameter deadline: Long by default: a machine that is busy must not lose the lease.
    private static func quick(deadline: Duration = .seconds(120)) -> LeaderElector.Timing {
        var timing = LeaderElector.Timing()
        // Far more than the machine may stand still: the process must not be given up.
        timing.leaseDuration = .seconds(600)
        timing.renewDeadline = deadline
        timing.retryPeriod = .milliseconds(20)
        return timing
    }

    private static func lease(_ holder: String, version: String) -> JSON {
        .string(
            ([
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": ["name": "dr", "namespace": "ns", "resourceVersion": .string(version)],
                "spec": ["holderIdentity": .string(holder), "leaseDurationSeconds": 1],
            ] as JSON).text)
    }

    private func elect(
        _ rules: [JSON], timing: LeaderElector.Timing = quick(),
        _ body: @Sendable @escaping (LeaderElector, ScriptedAPIServer) async throws -> Void
    ) async throws {
        try await withScriptedAPIServer(rules) { server in
            try await server.withClient { client in
                let elector = LeaderElector(
                    client: client, namespace: "ns", name: "dr", identity: "me", timing: timing, logger: quiet,
                    abandon: { Issue.record("the process would have been ended") })
                try await body(elector, server)
            }
        }
    }

    @Test("begins when the lease is ours, and gives it up after the work has ended, not before")
    func release() async throws {
        try await elect([
            ["match": "GET", "times": 1, "status": 404, "body": .string(Texts.status("NotFound", 404).text)],
            ["match": "POST", "body": Self.lease("me", version: "1")],
            ["match": "GET", "body": Self.lease("me", version: "1")],
            ["match": "PUT", "body": Self.lease("me", version: "1")],
        ]) { elector, server in
            let ended = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [elector, ended] in
                    try await elector.run {
                        try? await Task.sleep(for: .seconds(3600))
                        ended.raise()
                    }
                }
                try await server.wait { lines in lines.contains { $0.hasPrefix("PUT") } }
                #expect(elector.isLeader)
                group.cancelAll()
            }
            #expect(ended.isRaised)
            let seen = try await server.requests()
            let last = try #require(seen.last)
            #expect(last.line.hasPrefix("PUT") && last.body.contains(#""holderIdentity":"""#))
            #expect(seen.filter { $0.body.contains(#""holderIdentity":"""#) }.count == 1)
        }
    }

    /// As controller-runtime#3092 has it: renewals that stand in the line of everything else.
    @Test("renews although the client's rate is used up")
    func saturated() async throws {
        try await withScriptedAPIServer([
            ["match": "GET /api/", "body": .string(Texts.configMap("a", version: "1").text)],
            ["match": "GET", "body": Self.lease("me", version: "1")],
            ["match": "PUT", "body": Self.lease("me", version: "1")],
        ]) { server in
            // One request an hour.
            let client = try KubernetesClient(
                configuration: server.configuration(), rate: 1 / 3600, burst: 1, logger: quiet)
            let elector = LeaderElector(
                client: client, namespace: "ns", name: "dr", identity: "me", timing: Self.quick(), logger: quiet,
                abandon: { Issue.record("the process would have been ended") })
            _ = try await client.get(ConfigMap.self, "a", namespace: "shop")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await client.get(ConfigMap.self, "a", namespace: "shop") }
                group.addTask { try await elector.run { try? await Task.sleep(for: .seconds(7200)) } }
                try await server.wait { lines in lines.filter { $0.hasPrefix("PUT") }.count >= 3 }
                #expect(elector.isLeader)
                #expect(try await server.lines().filter { $0.hasPrefix("GET /api/") }.count == 1)
                group.cancelAll()
            }
            await client.shutdown()
        }
    }

    @Test("ends the work at once when another has the lease, and does not release what is not ours")
    func lost() async throws {
        try await elect([
            ["match": "GET", "times": 1, "body": Self.lease("", version: "1")],
            ["match": "PUT", "times": 1, "body": Self.lease("me", version: "2")],
            ["match": "GET", "body": Self.lease("other", version: "3")],
        ]) { elector, server in
            await #expect(throws: LeadershipLost.self) {
                try await elector.run { try? await Task.sleep(for: .seconds(3600)) }
            }
            #expect(!elector.isLeader)
            #expect(elector.holder == "other")
            let lines = try await server.lines()
            #expect(lines.filter { $0.hasPrefix("PUT") }.count == 1)
        }
    }

    @Test("ends the work when the lease cannot be renewed in time, though the server hangs")
    func unreachable() async throws {
        try await elect(
            [
                ["match": "GET", "times": 1, "body": Self.lease("", version: "1")],
                ["match": "PUT", "times": 1, "body": Self.lease("me", version: "2")],
                ["match": "GET", "end": "hang", "body": ""],
            ], timing: Self.quick(deadline: .seconds(6))
        ) { elector, _ in
            await #expect(throws: LeadershipLost.self) {
                try await elector.run { try? await Task.sleep(for: .seconds(3600)) }
            }
        }
    }

    @Test("is waited for while another has the lease")
    func waits() async throws {
        try await elect([
            ["match": "GET", "times": 5, "body": Self.lease("other", version: "1")],
            ["match": "GET", "times": 1, "body": Self.lease("", version: "2")],
            ["match": "GET", "body": Self.lease("me", version: "3")],
            ["match": "PUT", "body": Self.lease("me", version: "3")],
        ]) { elector, server in
            try await elector.run {}
            let lines = try await server.lines()
            #expect(lines.prefix(6).allSatisfy { $0.hasPrefix("GET") })
            #expect(lines.dropFirst(6).first?.hasPrefix("PUT") ?? false)
        }
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
