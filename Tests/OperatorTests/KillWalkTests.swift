import Foundation
import Operator
import PostgreSQLClient
import Testing

/// The process is ended at every point of a backup and of a recovery, as a lost node would end it and as a rollout does, and
/// started again: it ends in the state of an undisturbed one, with nothing done twice.
@Suite struct KillWalkTests {
    enum Way: String, CaseIterable, Sendable {
        case kill = "KILL"
        case term = "TERM"

        var ending: Standalone.Ending { self == .kill ? .signalled(SIGKILL) : .cleanly }
    }

    /// A point, and which of the times that it is reached.
    struct Stop: Sendable, CustomStringConvertible {
        var point: KillPoint
        var time = 1
        var description: String { time == 1 ? point.rawValue : "\(point.rawValue):\(time)" }
        /// As a name in the API.
        var token: String { "\(point.rawValue)-\(time)" }
    }

    static let backups = KillPoint.allCases.filter(\.isOfBackup).map { Stop(point: $0) }
    /// The points that every step reaches are walked for each of the three steps.
    static let recoveries =
        KillPoint.allCases.filter(\.isOfRecovery).map { Stop(point: $0) }
        + [Stop(point: .stepIntended, time: 2), Stop(point: .stepDone, time: 2), Stop(point: .stepDone, time: 3)]

    private func ending(_ stop: Stop, _ way: Way) -> [String: String] {
        ["DR_KILL_AT": "\(stop)", "DR_KILL_SIGNAL": way.rawValue]
    }

    @Test("A backup that is ended at any point is complete after a restart, once", arguments: Way.allCases)
    func backup(_ way: Way) async throws {
        try await World.with { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.wait("bst/primary", ".status.phase", is: "Ready")
            }
            for (index, stop) in Self.backups.enumerated() {
                let ended = try await Standalone.run(world, environment: ending(stop, way)) { process in
                    try await world.apply(world.policy(more: "trigger: \(stop.token)"))
                    try await process.end(world)
                }
                #expect(ended == way.ending, "\(stop)")
                try await Standalone.run(world) { _ in
                    try await world.eventually("\(stop): the backup is complete") {
                        let all = try await world.field("backups", ".items[*].status.phase").split(separator: " ")
                        return all == Array(repeating: "Complete", count: index + 1) ? nil : "\(all)"
                    }
                }
                let manifests = try world.files("catalog")
                #expect(manifests.count == index + 1, "\(stop): one manifest for each backup")
            }
        }
    }

    @Test(
        "A recovery that is ended at any point goes on after a restart, and does nothing twice", arguments: Way.allCases
    )
    func recovery(_ way: Way) async throws {
        try await World.with { world in
            try await Standalone.run(world) { _ in try await world.prepareWithBackup() }
            let before = try await world.contents()
            for stop in Self.recoveries {
                try await world.damage()
                let ended = try await Standalone.run(world, environment: ending(stop, way)) { process in
                    try await world.apply(world.plan(phases: World.wholeRecovery, token: stop.token))
                    try await process.end(world)
                }
                #expect(ended == way.ending, "\(stop)")
                try await Standalone.run(world) { _ in
                    try await world.wait("rr/plan-\(stop.token)", ".status.state", is: "Succeeded")
                    try await world.wait("rp/plan", ".status.state", is: "Succeeded")
                    try await world.eventually("\(stop): the ledger is closed") {
                        let entry = try world.text("ledger/\(World.namespace)/plan/\(stop.token).json")
                        return entry.contains("\"Succeeded\"") ? nil : entry
                    }
                    #expect(try await world.field("deploy/api", ".spec.replicas") == "3", "\(stop)")
                    let states = try await world.field("rr/plan-\(stop.token)", ".status.steps[*].state")
                    #expect(states == "Succeeded Succeeded Succeeded", "\(stop)")
                    // Runs that ended are looked at again after every start, and reach the last points again.
                    try await world.kubectl("delete", "rp/plan")
                    try await world.kubectl("delete", "rr", "--all")
                }
                #expect(try await world.contents() == before, "\(stop): every row is back")
                let kept = try await world.databases().filter { $0 != world.database }
                #expect(kept.count == 1, "\(stop): one damaged database is kept, of one restore: \(kept)")
                try await world.drop(kept)
            }
            for entry in try world.files("ledger") { #expect(try !world.text(entry).contains("Started"), "\(entry)") }
        }
    }
}

extension World {
    /// The keys in the store below a prefix.
    func files(_ prefix: String) throws -> [String] {
        let root = store.path
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return name.hasPrefix(prefix)
                && FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    func text(_ key: String) throws -> String { try String(contentsOf: store.appending(path: key), encoding: .utf8) }

    /// Kept databases let nobody in until they are told to.
    func drop(_ databases: [String]) async throws {
        for name in databases {
            try await sql("drop database \(PostgresIdentifier.quote(name)) with (force)", in: "postgres")
        }
    }
}
