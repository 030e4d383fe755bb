import Foundation
import Processes
import Testing

/// The steps that look after workloads and other services, in plans that a real operator runs.
@Suite struct StepKindTests {
    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: caches.shop.example.com}
        spec:
          group: shop.example.com
          names: {kind: Cache, listKind: CacheList, plural: caches, singular: cache}
          scope: Namespaced
          versions:
          - {name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
        """

    private static let cache = """
        apiVersion: shop.example.com/v1
        kind: Cache
        metadata: {name: front}
        spec: {size: 3}
        """

    private static func steps(_ address: String) -> String {
        let inline = World.quoted("\(cache)\n---\n\(definition)")
        return """
            [{name: all, steps: [\
            {name: kinds, apply: {inline: \(inline)}}, \
            {name: settings, apply: {configMap: {name: manifests}}}, \
            {name: condition, wait: {apiVersion: shop.example.com/v1, kind: Cache, name: front, condition: Warm}}, \
            {name: field, wait: {apiVersion: v1, kind: ConfigMap, name: settings, jsonPath: .data.mode, value: ready}}, \
            {name: restart, rolloutRestart: {kind: Deployment, name: api}}, \
            {name: rollout, wait: {apiVersion: apps/v1, kind: Deployment, name: api, rollout: true}}, \
            {name: health, http: {url: "http://\(address)/metrics?token=canary", expectStatus: [200], expectBody: "dr_"}}]}]
            """
    }

    /// As a controller that has caught up.
    private static let warm = """
        {"status": {"conditions": [{"type": "Warm", "status": "True", "observedGeneration": 1, "reason": "Loaded", "message": "", \
        "lastTransitionTime": "2026-11-23T10:00:00Z"}]}}
        """

    @Test("A plan applies, waits, restarts and asks; its dry run changes nothing and says what it could not check")
    func workloads() async throws {
        try await World.with(rows: 1) { world in
            let address = "127.0.0.1:\(try freeLoopbackPort())"
            try await Standalone.run(world, arguments: ["--probe-address", address]) { _ in
                try await world.prepare()
                try await world.apply(
                    World.deployment,
                    """
                    apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: manifests}
                    data:
                      b.yaml: "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: cold}}"
                      a.json: '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}, "data": {"k": "v"}}'
                      notes.txt: "this is no manifest"
                    """)
                let template = try await world.field("deploy/api", ".spec.template.metadata.annotations")
                try await world.apply(
                    world.plan("dry", phases: Self.steps(address), token: "t", more: ", mode: DryRun"))
                try await world.wait("rp/dry", ".status.state", is: "Succeeded")
                let dry = try await world.field("rp/dry", ".status.run")
                let said = try await world.field("rr/\(dry)", ".status.steps[*].message")
                for words in [
                    "would apply 2 manifests; not checked: Cache front, whose definition comes with it",
                    "would apply 2 manifests",
                    "would wait for Cache front; the API server does not know Cache", "would restart api",
                    "answered 200",
                ] { #expect(said.contains(words), "\(words): \(said)") }
                #expect(try await world.field("crd/caches.shop.example.com", ".metadata.name") == "")
                #expect(try await world.field("cm/settings", ".metadata.name") == "")
                #expect(try await world.field("deploy/api", ".spec.template.metadata.annotations") == template)

                try await world.apply(world.plan(phases: Self.steps(address), token: "t"))
                try await world.wait("rr/plan-t", ".status.steps[2].state", is: "Running")
                try await world.eventually("it says what it waits for") {
                    let text = try await world.field("rr/plan-t", ".status.steps[2].message")
                    return text.contains("it has no condition Warm yet") ? nil : text
                }
                #expect(try await world.field("cm/other", ".data.k") == "v")
                try await world.kubectl("patch", "cache/front", "--subresource=status", "--type=merge", "-p", Self.warm)
                try await world.wait("rr/plan-t", ".status.steps[3].state", is: "Running")
                try await world.kubectl("patch", "cm/settings", "--type=merge", "-p", #"{"data": {"mode": "ready"}}"#)
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                #expect(
                    try await world.field("deploy/api", ".spec.template.metadata.annotations").contains("restartedAt"))
                let message = try await world.field("rr/plan-t", ".status.steps[6].message")
                #expect(message == "http://\(address)/metrics answered 200")
                #expect(try await world.field("rr/plan-t", ".status.steps[0].outputs.objects") == "2")
            }
        }
    }

    @Test("A StatefulSet is stopped, restarted and brought back to what it was")
    func statefulSet() async throws {
        try await World.with(rows: 1) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(
                    World.deployment.replacing("kind: Deployment", with: "kind: StatefulSet").replacing(
                        "{replicas: 3,", with: "{serviceName: api, replicas: 3,"))
                let api = "kind: StatefulSet, name: api"
                let phases = """
                    [{name: all, steps: [{name: stop, scale: {\(api), replicas: 0}}, {name: restart, rolloutRestart: {\(api)}}, \
                    {name: start, scale: {\(api), asBefore: stop}}, {name: rollout, wait: {apiVersion: apps/v1, \(api), rollout: true}}]}]
                    """
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                #expect(try await world.field("sts/api", ".spec.replicas") == "3")
                #expect(try await world.field("sts/api", ".spec.template.metadata.annotations").contains("restartedAt"))
                let message = try await world.field("rr/plan-t", ".status.steps[0].message")
                #expect(message.contains("StatefulSet api has 0 pods, before 3"), "\(message)")
            }
        }
    }

    @Test(
        "What a step waits for in vain is told when its deadline has come, a Secret's values never; wrong answers fail a step"
    )
    func inVain() async throws {
        try await World.with(rows: 1) { world in
            let address = "127.0.0.1:\(try freeLoopbackPort())"
            try await Standalone.run(world, arguments: ["--probe-address", address]) { _ in
                try await world.prepare()
                try await world.apply(World.secret("login", ["password": "canary"]))
                let encoded = Data("canary".utf8).base64EncodedString()
                for (name, step, words) in [
                    (
                        "secret",
                        "deadline: 2s, wait: {apiVersion: v1, kind: Secret, name: login, jsonPath: .data.password, value: x}",
                        "last: waiting for Secret login: .data.password has another value"
                    ),
                    (
                        "kind", "deadline: 2s, wait: {apiVersion: a.b/v1, kind: Thing, name: x, condition: Ready}",
                        "does not know Thing of a.b/v1 yet"
                    ),
                    (
                        "status", "http: {url: \"http://\(address)/nowhere\"}",
                        "/nowhere answered 404, expected was 200 to 299"
                    ),
                    (
                        "body", "http: {url: \"http://\(address)/metrics\", expectBody: \"unheard of\"}",
                        "without the expected text"
                    ),
                ] {
                    try await world.apply(
                        world.plan(name, phases: "[{name: a, steps: [{name: s, \(step)}]}]", token: "t"))
                    try await world.wait("rr/\(name)-t", ".status.state", is: "Failed")
                    let message = try await world.field("rr/\(name)-t", ".status.steps[0].message")
                    #expect(message.contains(words), "\(name): \(message)")
                }
                let all = try await world.kubectl("get", "rr,events", "-o", "yaml")
                #expect(!all.contains(encoded) && !all.contains("canary"))
                // A password in an address would be read by everybody who reads plans.
                let refused = await #expect(throws: ProcessError.self) {
                    try await world.apply(
                        world.plan(
                            "bad", phases: "[{name: a, steps: [{name: s, http: {url: \"https://u:p@example.com/\"}}]}]")
                    )
                }
                #expect(
                    refused.map { "\($0)" }?.contains("bearerTokenSecret") == true, "\(String(describing: refused))")
            }
        }
    }

    @Test("Replace, IntoEmpty, and the backup of a name, of a time and the latest")
    func strategies() async throws {
        func phases(_ more: String) -> String {
            "[{name: a, steps: [{name: s, restorePostgreSQL: {policy: db, verify: Rows, \(more)}}]}]"
        }
        try await World.with(rows: 20) { world in
            try await Standalone.run(world) { _ in
                let first = try await world.prepareWithBackup()
                let before = try await world.contents()
                let point = try #require(
                    try? Date(try await world.field("bk/\(first)", ".status.recoveryPoint"), strategy: .iso8601))
                try await world.sql("insert into customers values (-1, 'later', null)")
                let later = try await world.contents()
                // So that a time lies between the two.
                try await world.eventually("a later second") { Date() > point.addingTimeInterval(2) ? nil : "the same" }
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.wait("backups", ".items[*].status.phase", is: "Complete Complete")

                func recover(_ name: String, _ more: String) async throws -> String {
                    try await world.apply(world.plan(name, phases: phases(more), token: "t"))
                    try await world.wait("rr/\(name)-t", ".status.state", is: "Succeeded")
                    return try await world.field("rr/\(name)-t", ".status.steps[0].outputs.backup")
                }
                try await world.damage()
                #expect(try await recover("replace", "strategy: Replace, to: {backup: \(first)}") == first)
                #expect(try await world.contents() == before)
                #expect(try await world.databases() == [world.database], "the damaged one is dropped")

                #expect(try await recover("latest", "strategy: Replace, to: Latest") != first)
                #expect(try await world.contents() == later)

                let time = point.addingTimeInterval(1).formatted(.iso8601)
                #expect(try await recover("time", "to: {time: \"\(time)\"}") == first)
                #expect(try await world.contents() == before)
                #expect(try await world.databases().count == 2, "the damaged one is kept")

                let copy = "\(world.database)_copy"
                #expect(
                    try await recover("copy", "strategy: IntoEmpty, target: \(world.source(database: copy))") != first)
                #expect(try await world.contents(of: copy) == later)
                // It is not empty any more.
                try await world.apply(
                    world.plan(
                        "full", phases: phases("strategy: IntoEmpty, target: \(world.source(database: copy))"),
                        token: "t"))
                try await world.wait("rr/full-t", ".status.state", is: "Failed")
                #expect(try await world.field("rr/full-t", ".status.steps[0].message").contains("is not empty"))
                #expect(try await world.contents(of: copy) == later)
                try await world.drop(try await world.databases().filter { $0 != world.database })
            }
        }
    }

    @Test("A step that was done when the operator was killed tells what it restored")
    func alreadyDone() async throws {
        try await World.with(rows: 5) { world in
            var first = ""
            try await Standalone.run(world) { _ in first = try await world.prepareWithBackup() }
            try await world.damage()
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done"]) { process in
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t"))
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try await Standalone.run(world) { _ in
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                let message = try await world.field("rr/plan-t", ".status.steps[0].message")
                #expect(
                    message.contains("15 rows of 2 tables, every row proven")
                        && message.contains("an earlier attempt had done it"), "\(message)")
                #expect(try await world.field("rr/plan-t", ".status.steps[0].outputs.backup") == first)
                try await world.drop(try await world.databases().filter { $0 != world.database })
            }
        }
    }
}
