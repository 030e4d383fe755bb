import Foundation
import HangingFolder
import Testing

/// A store whose file system is gone in the middle of everything: every system call on it waits.
@Suite(.enabled(if: HangingFolder.isPossible)) struct HangingFolderTests {
    private static let complaint = ["does not answer", "spec.filesystem.path"]

    /// A plan that restores nothing: its run needs the store for the ledger alone.
    private static let plan = World.object(
        "RecoveryPlan", "other",
        """
        {storeRef: {name: other}, objective: {rto: 1h}, execute: {token: t}, \
        phases: [{name: stop, steps: [{name: stop, scale: {kind: Deployment, name: api, replicas: 0}}]}]}
        """)

    @Test("A store that hangs is told by all who need it, another one works meanwhile, and when it is back all goes on")
    func hangs() async throws {
        try await World.with(rows: 5) { world in
            let other = world.folder.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                try await world.apply(world.store("other", path: other.path))
                try await world.wait("bst/other", #".status.conditions[?(@.type=="Ready")].status"#, is: "True")
                let hanging = try #require(HangingFolder(over: other))
                defer { hanging.comeBack() }
                try await world.apply(world.policy("late", store: "other"), Self.plan)
                // Not at its next probe, which is ten minutes away: who needs it has found out.
                try await world.waitForComplaint(
                    "bst/other", reason: "StoreDoesNotAnswer", Self.complaint + [other.path])
                try await world.waitForWarning("BackupStore/other", Self.complaint)
                try await world.waitForComplaint(
                    "rr/other-t", reason: "StoreNotReady", Self.complaint + ["the ledger cannot be asked"])
                try await world.waitForComplaint("bp/late", reason: "StoreNotReady", Self.complaint)
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.eventually("a second backup in the store that answers") {
                    let all = try await world.field("bk", #".items[?(@.spec.storeRef.name=="primary")].status.phase"#)
                    return all == "Complete Complete" ? nil : all
                }
                #expect(
                    try await world.field("bst/primary", #".status.conditions[?(@.type=="Ready")].status"#) == "True")
                #expect(try await world.field("rr/other-t", ".status.startedAt") == "")
                hanging.comeBack()
                try await world.wait("bst/other", #".status.conditions[?(@.type=="Ready")].status"#, is: "True")
                try await world.wait("rr/other-t", ".status.state", is: "Succeeded")
                try await world.wait(
                    "bk", #".items[?(@.spec.storeRef.name=="other")].status.phase"#, is: "Complete", within: 120)
            }
        }
    }

    @Test(
        "A recovery that has begun goes on while the store with its ledger hangs, and the ledger is closed when it is back"
    )
    func underWay() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                let plan = """
                    {storeRef: {name: primary}, objective: {rto: 1h}, execute: {token: t}, phases: [{name: all, steps: [\
                    {name: ready, wait: {apiVersion: v1, kind: ConfigMap, name: go, jsonPath: .data.now, value: "yes"}}, \
                    {name: stop, scale: {kind: Deployment, name: api, replicas: 0}}]}]}
                    """
                try await world.apply(World.deployment, World.object("RecoveryPlan", "plan", plan))
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
                let hanging = try #require(HangingFolder(over: world.store))
                defer { hanging.comeBack() }
                try await world.kubectl("create", "configmap", "go", "--from-literal=now=yes")
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                try await world.wait("deployment/api", ".spec.replicas", is: "0")
                try await world.waitForComplaint("bst/primary", reason: "StoreDoesNotAnswer", Self.complaint)
                hanging.comeBack()
                let entry = world.store.appending(path: "ledger/\(World.namespace)/plan/t.json")
                try await world.eventually("the ledger is closed", within: 90) {
                    let text = try String(contentsOf: entry, encoding: .utf8)
                    return text.contains("Succeeded") ? nil : text
                }
            }
        }
    }

    @Test(
        "An operator whose store hangs ends when it is asked to, and one that starts over it works on the other stores")
    func ends() async throws {
        try await World.with(rows: 5) { world in
            let other = world.folder.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            let hanging = try #require(HangingFolder(over: other))
            defer { hanging.comeBack() }
            let ending = try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.store("other", path: other.path), world.policy("late", store: "other"))
                try await world.waitForComplaint(
                    "bst/other", reason: "StoreDoesNotAnswer", Self.complaint + [other.path])
            }
            #expect(ending == .cleanly)
            try await Standalone.run(world) { _ in
                try await world.apply(world.policy())
                try await world.eventually("a backup in the store that answers") {
                    let all = try await world.field("bk", #".items[?(@.spec.storeRef.name=="primary")].status.phase"#)
                    return all == "Complete" ? nil : all
                }
            }
        }
    }
}
