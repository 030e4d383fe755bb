import Foundation
import Operator
import Testing

/// Every kind of source is backed up and brought back by a real operator that is killed at every point of both.
@Suite struct SourceWalkTests {
    @Test(
        "A backup that is killed at any point is complete after a restart, once",
        arguments: ProtectedSource.Kind.allCases)
    func backup(_ kind: ProtectedSource.Kind) async throws {
        try await walk(kind) { world, source in
            try await Standalone.run(world) { _ in try await world.prepare(source) }
            var count = 0
            for point in KillPoint.allCases where point.isOfBackup {
                for time in 1...20 {
                    let trigger = "\(point.rawValue)-\(time)"
                    count += 1
                    let wanted = count
                    let environment = ["DR_KILL_AT": "\(point.rawValue):\(time)"]
                    let ended = try await Standalone.run(world, environment: environment) { process in
                        // Else a backup that adds to others has nothing to store, and reaches no artifact's points.
                        if wanted > 1 { try await source.change() }
                        try await world.apply(source.policy(trigger: trigger))
                        try await world.eventually("\(trigger): it ends, or the backup does") {
                            guard process.isRunning else { return nil }
                            return await world.completeBackups() == wanted ? nil : "neither"
                        }
                    }
                    // A point that is not reached so often has been walked.
                    if ended == .cleanly {
                        #expect(time > 1, "\(point) is never reached")
                        break
                    }
                    #expect(ended == .signalled(SIGKILL), "\(trigger)")
                    try await Standalone.run(world) { _ in
                        try await world.eventually("\(trigger): the backup is complete") {
                            let complete = await world.completeBackups()
                            return complete == wanted ? nil : "\(complete) of \(wanted)"
                        }
                    }
                    #expect(try world.files("catalog").count == wanted, "\(trigger)")
                }
            }
            // A backup of PostgreSQL is of two artifacts at least: the roles, and each database.
            if kind == .postgresql {
                #expect(try world.files("data").filter { $0.contains("globals") }.isEmpty == false)
            }
            try await Self.restoreAndCompare(world, source, "last")
        }
    }

    /// KillWalkTests has PostgreSQL's recovery, with the phases that only its restore has.
    @Test(
        "A recovery that is killed at any point goes on after a restart",
        arguments: ProtectedSource.Kind.allCases.filter { $0 != .postgresql })
    func recovery(_ kind: ProtectedSource.Kind) async throws {
        try await walk(kind) { world, source in
            try await Standalone.run(world) { _ in
                try await world.prepare(source)
                try await world.apply(source.policy(trigger: "first"))
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
            }
            let before = try await source.contents()
            let walked = [KillPoint.stepIntended, .stepProgressed, .stepDone] + kind.killPoints
            for point in walked {
                for time in 1...20 {
                    let token = "\(point.rawValue)-\(time)"
                    try await source.damage()
                    #expect(try await source.contents() != before, "the damage does something")
                    let environment = ["DR_KILL_AT": "\(point.rawValue):\(time)"]
                    let ended = try await Standalone.run(world, environment: environment) { process in
                        try await world.apply(world.plan(phases: source.phases, token: token))
                        try await world.eventually("\(token): it ends, or the recovery does") {
                            guard process.isRunning else { return nil }
                            let state = (try? await world.field("rr/plan-\(token)", ".status.state")) ?? ""
                            return ["Succeeded", "Failed"].contains(state) ? nil : state
                        }
                    }
                    try await Standalone.run(world) { _ in
                        try await world.wait("rr/plan-\(token)", ".status.state", is: "Succeeded")
                        try await world.kubectl("delete", "rp/plan")
                        try await world.kubectl("delete", "rr", "--all")
                    }
                    #expect(try await source.contents() == before, "\(token)")
                    if ended == .cleanly {
                        #expect(time > 1, "\(point) is never reached")
                        break
                    }
                    #expect(ended == .signalled(SIGKILL), "\(token)")
                }
            }
        }
    }

    @Test("A Vault that was back when the operator was killed keeps what was written to it since")
    func writtenSince() async throws {
        try await walk(.vault) { world, source in
            try await Standalone.run(world) { _ in
                try await world.prepare(source)
                try await world.apply(source.policy(trigger: "first"))
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
            }
            try await source.damage()
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done"]) { process in
                try await world.apply(world.plan(phases: source.phases, token: "t"))
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try await source.damage()
            let changed = try await source.contents()
            try await Standalone.run(world) { _ in
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                #expect(try await source.contents() == changed)
                // What remembers it holds nothing and goes with the run.
                let journal = try await world.field("secrets", ".items[?(@.metadata.ownerReferences)].metadata.name")
                #expect(journal.hasPrefix("dr-restore-vault-"))
                try await world.kubectl("delete", "rp/plan")
                try await world.kubectl("delete", "rr", "--all")
                try await world.eventually("the journal goes with its run") {
                    try await world.field("secret/\(journal)", ".metadata.name").isEmpty ? nil : journal
                }
            }
        }
    }

    private func walk(
        _ kind: ProtectedSource.Kind, _ body: @escaping @Sendable (World, ProtectedSource) async throws -> Void
    ) async throws {
        try await World.with(rows: 1) { world in
            try await ProtectedSource.with(kind, world) { source in try await body(world, source) }
        }
    }

    private static func restoreAndCompare(_ world: World, _ source: ProtectedSource, _ token: String) async throws {
        let before = try await source.contents()
        try await source.damage()
        try await Standalone.run(world) { _ in
            try await world.apply(world.plan(phases: source.phases, token: token))
            try await world.wait("rp/plan", ".status.state", is: "Succeeded")
        }
        #expect(try await source.contents() == before)
    }
}

extension ProtectedSource.Kind {
    /// The points that only a recovery of this kind reaches, in place.
    fileprivate var killPoints: [KillPoint] {
        switch self {
        case .git, .kubernetes, .postgresql, .prometheus: []
        // It does not seal itself: its keys are those of the backup.
        case .vault: [.vaultMarked, .vaultUploaded, .vaultNoted, .vaultChecked, .vaultDone]
        case .vaultKV: [.vaultKVReplaced, .vaultKVWritten, .vaultKVDone]
        }
    }
}

extension World {
    func prepare(_ source: ProtectedSource) async throws {
        try await prepare()
        if !source.documents.isEmpty { try await apply(source.documents.joined(separator: "\n---\n")) }
        try await wait("bst/primary", ".status.phase", is: "Ready")
    }

    /// 0 also while nobody answers.
    func completeBackups() async -> Int {
        let phases = (try? await field("backups", ".items[*].status.phase")) ?? ""
        return phases.split(separator: " ").filter { $0 == "Complete" }.count
    }
}
