import Foundation
import Testing

/// As ``KillWalkTests``, for the strategies that keep no damaged database: that nothing was done twice shows in what was
/// written to the restored one.
@Suite struct StrategyWalkTests {
    struct Stop: Sendable, CustomStringConvertible {
        var point: String
        /// Whether the restored database is in place by then, and may be written to.
        var isBack: Bool
        var description: String { point }
    }

    static let stops = [
        Stop(point: "restore-schema", isBack: false), Stop(point: "restore-loading", isBack: false),
        Stop(point: "restore-verifying", isBack: false),
        Stop(point: "restore-swapping", isBack: false), Stop(point: "restore-done", isBack: true),
        Stop(point: "step-done", isBack: true),
        Stop(point: "run-finished", isBack: true),
    ]

    @Test(
        "A recovery that is killed is done once, whatever was written since",
        arguments: ["Swap", "Replace", "IntoEmpty"])
    func recovery(_ strategy: String) async throws {
        try await World.with(rows: 100) { world in
            try await Standalone.run(world) { _ in try await world.prepareWithBackup() }
            let before = try await world.contents()
            let copy = "\(world.database)_copy"
            let (target, place) =
                strategy == "IntoEmpty" ? (", target: \(world.source(database: copy))", copy) : ("", world.database)
            let phases =
                "[{name: a, steps: [{name: s, restorePostgreSQL: {policy: db, verify: Rows, strategy: \(strategy)\(target)}}]}]"
            for stop in Self.stops {
                if strategy != "IntoEmpty" { try await world.damage() }
                let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": stop.point]) { process in
                    try await world.apply(world.plan(phases: phases, token: stop.point))
                    try await process.end(world)
                }
                #expect(ended == .signalled(SIGKILL), "\(stop)")
                // Before anybody has said that it is back.
                if stop.isBack { try await world.sql("create table since as select 1 as a", in: place) }
                try await Standalone.run(world) { _ in
                    try await world.wait("rr/plan-\(stop)", ".status.state", is: "Succeeded")
                    try await world.eventually("\(stop): the ledger is closed") {
                        try world.text("ledger/\(World.namespace)/plan/\(stop).json").contains("\"Succeeded\"")
                            ? nil : "open"
                    }
                    try await world.kubectl("delete", "rp/plan")
                    try await world.kubectl("delete", "rr", "--all")
                }
                if stop.isBack { try await world.sql("drop table since", in: place) }
                #expect(try await world.contents(of: place) == before, "\(stop)")
                let others = try await world.databases().filter { $0 != world.database }
                #expect(others.count == (strategy == "Replace" ? 0 : 1), "\(stop): \(others)")
                try await world.drop(others)
            }
            #expect(try await world.contents() == before)
        }
    }
}
