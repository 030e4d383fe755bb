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
                try await world.waitForComplaint("bst/other", reason: "StoreDoesNotAnswer", Self.complaint + [other.path])
                try await world.waitForWarning("BackupStore/other", Self.complaint)
                try await world.waitForComplaint("rr/other-t", reason: "StoreNotReady", Self.complaint + ["the ledger cannot be asked"])
                try await world.waitForComplaint("bp/late", reason: "StoreNotReady", Self.complaint)
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.eventually("a second backup in the store that answers") {
                    let all = try await world.field("bk", #".items[?(@.spec.storeRef.name=="primary")].status.phase"#)
                    return all == "Complete Complete" ? nil : all
                }
                #expect(try await world.field("bst/primary", #".status.conditions[?(@.type=="Ready")].status"#) == "True")
                #expect(try await world.field("rr/other-t", ".status.startedAt") == "")
                hanging.comeBack()
                try await world.wait("bst/other", #".status.conditions[?(@.type=="Ready")].status"#, is: "True")
                try await world.wait("rr/other-t", ".status.state", is: "Succeeded")
                try await world.wait("bk", #".items[?(@.spec.storeRef.name=="other")].status.phase"#, is: "Complete", within: 120)
            }
        }
    }

    @Test("An operator whose store hangs ends when it is asked to, and one that starts over it works on the other stores")
    func ends() async throws {
        try await World.with(rows: 5) { world in
            let other = world.folder.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            let hanging = try #require(HangingFolder(over: other))
            defer { hanging.comeBack() }
            let ending = try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.store("other", path: other.path), world.policy("late", store: "other"))
                try await world.waitForComplaint("bst/other", reason: "StoreDoesNotAnswer", Self.complaint + [other.path])
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
