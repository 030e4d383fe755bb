import Foundation
import Testing

/// Plans that cannot be executed, and plans that must not be executed again.
@Suite struct BadPlanTests {
    @Test("A plan that cannot be executed names the field and does nothing")
    func plans() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let step = "{name: s, restorePostgreSQL: {policy: db}}"
                let cases: [(name: String, phases: String, reason: String, words: [String])] = [
                    (
                        "cycle",
                        "[{name: a, dependsOn: [b], steps: [\(step)]}, {name: b, dependsOn: [a], steps: [\(step)]}]",
                        "PlanCycle", ["spec.phases", "a → b → a", "remove"]
                    ),
                    ("itself", "[{name: a, dependsOn: [a], steps: [\(step)]}]", "PlanCycle", ["spec.phases", "a → a"]),
                    (
                        "nobefore",
                        "[{name: a, steps: [{name: up, scale: {kind: Deployment, name: api, asBefore: down}}]}]",
                        "InvalidSpec",
                        ["spec.phases[0].steps[0].scale.asBefore", "\"down\""]
                    ),
                    (
                        "unknown", "[{name: a, dependsOn: [zz], steps: [\(step)]}]", "InvalidSpec",
                        ["spec.phases[0].dependsOn", "\"zz\""]
                    ),
                ]
                for wrong in cases {
                    try await world.apply(world.plan(wrong.name, phases: wrong.phases, token: "t"))
                    try await world.waitForComplaint("rp/\(wrong.name)", reason: wrong.reason, wrong.words)
                    try await world.waitForWarning("RecoveryPlan/\(wrong.name)", wrong.words)
                    await #expect(throws: (any Error).self) {
                        try await world.dr("recover", wrong.name, "--token", "t")
                    }
                }
                #expect(try await world.field("rr", ".items[*].metadata.name") == "")
                // The store of the ledger is not there: nothing is done until it is.
                let orphan = world.plan("orphan", phases: World.restoreOnly, token: "t").replacing(
                    "{name: primary}", with: "{name: absent}")
                try await world.apply(orphan)
                try await world.waitForComplaint(
                    "rr/orphan-t", reason: "StoreMissing", ["spec.storeRef", "\"absent\""])
                try await world.waitForWarning("RecoveryRun/orphan-t", ["spec.storeRef", "\"absent\""])
                #expect(try await world.field("rr/orphan-t", ".status.state") == "Pending")
                #expect(try await world.databases() == [world.database])
                // What a step refers to is not there.
                let missing = World.restoreOnly.replacing("policy: db", with: "policy: gone")
                try await world.apply(world.plan("nopolicy", phases: missing, token: "t"))
                try await world.waitForComplaint(
                    "rr/nopolicy-t", reason: "Failed", ["restorePostgreSQL.policy", "\"gone\""])
                try await world.waitForWarning("RecoveryRun/nopolicy-t", ["restorePostgreSQL.policy", "\"gone\""])
            }
        }
    }

    @Test("A token is executed once: not by a plan made anew, not after a dry run, not in another cluster")
    func once() async throws {
        try await World.with(rows: 5) { world in
            let plan = world.plan(phases: World.restoreOnly, token: "t")
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                // A dry run does not use the token up.
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t", more: ", mode: DryRun"))
                try await world.wait("rp/plan", ".status.state", is: "Succeeded")
                #expect(try await world.databases() == [world.database])
                try await world.apply(plan)
                try await world.eventually("it was executed") {
                    try await world.databases().count == 2 ? nil : "one database"
                }
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                try await world.kubectl("delete", "rp/plan")
                // Another second: creation times have no finer ones.
                let made = try await world.field("rr/plan-t", ".metadata.creationTimestamp")
                try await world.eventually("the next second") { world.now() > made ? nil : made }
                try await world.apply(plan)
                try await world.wait("rp/plan", ".status.state", is: "AlreadyExecuted")
                // Whoever thinks that it has recovered again is told.
                let ready = #".status.conditions[?(@.type=="Ready")]"#
                #expect(try await world.field("rp/plan", ready + ".reason") == "AlreadyExecuted")
                #expect(try await world.field("rp/plan", ready + ".message").contains("new token"))
                try await world.eventually("an event says so") {
                    let all = try await world.events().filter {
                        $0.object == "RecoveryPlan/plan" && $0.reason == "AlreadyExecuted"
                    }
                    return all.contains { $0.message.contains("new token") } ? nil : "\(all)"
                }
                // Without its run, only the ledger knows.
                try await world.kubectl("delete", "rr/plan-t")
                try await world.apply(plan.replacing("rto: 1h", with: "rto: 2h"))
                try await world.wait("rr/plan-t", ".status.state", is: "AlreadyExecuted")
                let message = try await world.field("rr/plan-t", ".status.message")
                #expect(message.contains("new token"), "\(message)")
                try await world.waitForComplaint("rr/plan-t", reason: "AlreadyExecuted", ["new token"])
                try await world.waitForWarning("RecoveryRun/plan-t", ["new token"])
            }
            // The cluster is lost: only the bucket is left.
            try FileManager.default.removeItem(at: world.state)
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.policy(more: ""), plan)
                try await world.wait("rp/plan", ".status.state", is: "AlreadyExecuted")
                #expect(try await world.databases().count == 2, "not restored again")
            }
        }
    }
}

extension World {
    func now() -> String { Date().formatted(.iso8601) }
}
