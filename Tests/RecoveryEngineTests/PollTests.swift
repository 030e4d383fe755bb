import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import ScriptedAPIServer
import Synchronization
import Testing

@testable import RecoveryEngine

/// Steps against an API server that is away for a while, and comes back.
@Suite struct PollTests {
    private static let path = "/apis/apps/v1/namespaces/shop/deployments/api"
    private static let deployment: JSON = [
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": ["name": "api", "namespace": "shop", "generation": 1],
        "spec": ["replicas": 1],
        "status": ["observedGeneration": 1, "updatedReplicas": 1, "replicas": 1, "availableReplicas": 1],
    ]

    private static func rule(_ match: String, _ status: Int64, _ body: JSON, times: Int64? = nil) -> JSON {
        var rule: JSON = ["match": .string(match), "status": .integer(status), "body": .string(body.text)]
        rule["times"] = times.map(JSON.integer)
        return rule
    }

    private static func context(
        _ client: KubernetesClient, _ step: JSON, mode: RunMode = .recover,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> StepContext {
        var step = step
        step["name"] = "s"
        let plan = RecoveryPlan.Spec(storeRef: ObjectReference(name: "s"), phases: [])
        return StepContext(
            resolver: Resolver(client: client, stores: StoreCache()), namespace: "shop",
            run: RecoveryRun.Spec(
                planRef: ObjectReference(name: "p"), token: "t", mode: mode, to: nil, plan: plan, planHash: ""),
            step: try step.decode(Step.self), startedAt: Date(timeIntervalSince1970: 1_795_000_000), identity: "abc",
            outputs: [:], progress: progress)
    }

    private static let restart: JSON = ["rolloutRestart": ["kind": "Deployment", "name": "api"]]

    @Test("A server that is overloaded, breaks off or restarts is asked again, and people see why it waits")
    func away() async throws {
        let down = Texts.status("ServiceUnavailable", 503, message: "restarting")
        try await withScriptedAPIServer([
            // More than the client itself repeats.
            Self.rule("PATCH \(Self.path)", 503, down, times: 5),
            Self.rule("PATCH \(Self.path)", 200, Self.deployment),
            ["match": .string("GET \(Self.path)"), "end": "reset", "times": 5],
            Self.rule("GET \(Self.path)", 429, Texts.status("TooManyRequests", 429, message: "slow down"), times: 5),
            Self.rule("GET \(Self.path)", 200, Self.deployment),
        ]) { server in
            try await server.withClient { client in
                let said = Mutex<[String]>([])
                let result = try await StepRunner.run(
                    Self.context(client, Self.restart) { text in said.withLock { $0.append(text) } })
                #expect(result.message == "Deployment api was restarted")
                let texts = said.withLock { $0 }.joined(separator: "\n")
                #expect(
                    texts.contains("cannot be asked now") && texts.contains("restarting")
                        && texts.contains("slow down"), "\(texts)")
            }
        }
    }

    /// Seen with Kubernetes 1.36: it serves before it has read its roles.
    @Test(
        "A server that starts again and refuses everything for a moment ends no step",
        arguments: [(403, "Forbidden"), (401, "Unauthorized")])
    func starts(code: Int64, reason: String) async throws {
        try await withScriptedAPIServer([
            Self.rule("PATCH \(Self.path)", 200, Self.deployment),
            ["match": .string("GET \(Self.path)"), "end": "reset", "times": 2],
            // More than the client itself repeats.
            Self.rule("GET \(Self.path)", code, Texts.status(reason, code, message: "not you"), times: 10),
            Self.rule("GET \(Self.path)", 200, Self.deployment),
        ]) { server in
            try await server.withClient { client in
                let result = try await StepRunner.run(Self.context(client, Self.restart))
                #expect(result.message == "Deployment api was restarted")
            }
        }
    }

    @Test("Credentials of ours that have expired end no step: their successors come")
    func expires() async throws {
        try await withScriptedAPIServer([
            Self.rule("PATCH \(Self.path)", 200, Self.deployment),
            Self.rule("GET \(Self.path)", 401, Texts.status("Unauthorized", 401, message: "Unauthorized"), times: 10),
            Self.rule("GET \(Self.path)", 200, Self.deployment),
        ]) { server in
            try await server.withClient { client in
                let result = try await StepRunner.run(Self.context(client, Self.restart))
                #expect(result.message == "Deployment api was restarted")
            }
        }
    }

    @Test("What a step reads of policies, stores and Secrets is waited for, too")
    func reads() async throws {
        let policy: JSON = [
            "apiVersion": "dr.hotswap.io/v1alpha1", "kind": "BackupPolicy",
            "metadata": ["name": "code", "namespace": "shop"],
            "spec": ["storeRef": ["name": "s"], "source": ["git": ["url": "https://git.example.com/a.git"]]],
        ]
        let path = "GET /apis/dr.hotswap.io/v1alpha1/namespaces/shop/backuppolicies/code"
        let step: JSON = ["sql": ["policy": "code", "query": "select 1"]]
        try await withScriptedAPIServer([
            Self.rule(path, 503, Texts.status("ServiceUnavailable", 503, message: "restarting"), times: 5),
            Self.rule(path, 200, policy),
        ]) { server in
            try await server.withClient { client in
                // The policy was read in the end: it is the wrong one.
                let error = await #expect(throws: StepError.self) {
                    try await StepRunner.run(Self.context(client, step))
                }
                #expect(error?.description == "the BackupPolicy \"code\" is not one of PostgreSQL")
                try await server.script([
                    Self.rule(path, 503, Texts.status("ServiceUnavailable", 503, message: "restarting"))
                ])
                let dry = await #expect(throws: StepError.self) {
                    try await StepRunner.run(Self.context(client, step, mode: .dryRun))
                }
                #expect(dry?.description.contains("restarting") == true)
            }
        }
    }

    @Test(
        "What no waiting mends ends the step at once",
        arguments: [(403, "Forbidden"), (422, "Invalid"), (409, "Conflict")] as [(Int64, String)])
    func refused(code: Int64, reason: String) async throws {
        try await withScriptedAPIServer([
            Self.rule("PATCH \(Self.path)", code, Texts.status(reason, code, message: "not so"))
        ]) { server in
            try await server.withClient { client in
                let error = await #expect(throws: StepError.self) {
                    try await StepRunner.run(Self.context(client, Self.restart))
                }
                #expect(error?.description.contains("not so") == true)
            }
        }
    }

    @Test("A dry run says what stands in the way now")
    func dryRun() async throws {
        try await withScriptedAPIServer([
            Self.rule("GET", 503, Texts.status("ServiceUnavailable", 503, message: "restarting"))
        ]) { server in
            try await server.withClient { client in
                let error = await #expect(throws: StepError.self) {
                    try await StepRunner.run(Self.context(client, Self.restart, mode: .dryRun))
                }
                #expect(error?.description.contains("restarting") == true && error?.isRetriable == true)
            }
        }
    }

    @Test("An object of a kind that comes later is waited for")
    func laterKind() async throws {
        let list: JSON = [
            "kind": "APIResourceList", "groupVersion": "a.b/v1",
            "resources": [
                ["name": "things", "singularName": "thing", "namespaced": true, "kind": "Thing", "verbs": ["get"]]
            ],
        ]
        let thing: JSON = [
            "apiVersion": "a.b/v1", "kind": "Thing", "metadata": ["name": "one", "namespace": "shop"],
            "status": ["phase": "Ready"],
        ]
        let step: JSON = [
            "wait": [
                "apiVersion": "a.b/v1", "kind": "Thing", "name": "one", "jsonPath": ".status.phase", "value": "Ready",
            ]
        ]
        try await withScriptedAPIServer { server in
            try await server.withClient { client in
                let dry = try await StepRunner.run(Self.context(client, step, mode: .dryRun))
                #expect(dry.message == "would wait for Thing one; the API server does not know Thing of a.b/v1 now")
                let (steps, step2) = AsyncStream<String>.makeStream()
                async let result = StepRunner.run(Self.context(client, step) { step2.yield($0) })
                // It waits; only then the kind comes.
                for await text in steps where text.contains("does not know Thing of a.b/v1 yet") { break }
                try await server.script([
                    Self.rule("GET /apis/a.b/v1/namespaces/shop/things/one", 200, thing),
                    Self.rule("GET /apis/a.b/v1", 200, list),
                ])
                #expect(try await result.message == "Thing one is as wanted")
            }
        }
    }
}
