import Foundation
import PostgresTestServer
import Testing

/// Wrong input is told where it is wrong and how it is mended, in a condition and in an event.
@Suite struct BadSourceTests {
    @Test("A source that cannot be backed up names the field, and is backed up once that is mended")
    func sources() async throws {
        try await World.with(rows: 20) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(
                    World.secret("wrong", ["password": "not this"]), World.secret("nokey", ["other": "x"]),
                    World.secret("other-ca", ["ca.crt": Self.otherAuthority]))
                let cases: [(name: String, source: String, words: [String])] = [
                    (
                        "wrong-password", world.source(passwordSecret: "{name: wrong}"),
                        ["passwordSecret", "password authentication failed"]
                    ),
                    ("unreachable", world.source(port: 1), ["host", "check host and port"]),
                    ("unknown-host", world.source(host: "nowhere.invalid"), ["host", "nowhere.invalid"]),
                    (
                        "no-secret", world.source(passwordSecret: "{name: gone}"),
                        ["passwordSecret", "there is no Secret \"gone\"", "create it"]
                    ),
                    (
                        "no-key", world.source(passwordSecret: "{name: nokey}"),
                        ["passwordSecret", "has no key \"password\"", "it has: other"]
                    ),
                    (
                        "other-authority", world.source().replacing("name: db-ca", with: "name: other-ca"),
                        ["sslMode", "caSecret"]
                    ),
                    ("unknown-database", world.source(database: "no such database"), ["database", "no such database"]),
                ]
                try await world.apply(
                    cases.map { world.policy($0.name, source: $0.source) }.joined(separator: "\n---\n"))
                for wrong in cases {
                    try await world.waitForComplaint("bp/\(wrong.name)", wrong.words)
                    try await world.waitForWarning("BackupPolicy/\(wrong.name)", wrong.words)
                    let backup = try await world.field(
                        "bk", ".items[?(@.spec.policyRef.name==\"\(wrong.name)\")].metadata.name")
                    try await world.waitForWarning("Backup/\(backup)", wrong.words)
                }
                // Mended: a refused login waits for a person, who asks again.
                try await world.apply(
                    World.secret("wrong", ["password": world.postgres.password]),
                    world.policy(
                        "wrong-password", source: world.source(passwordSecret: "{name: wrong}"), more: "trigger: second"
                    ))
                try await world.wait("bp/wrong-password", ".status.conditions[?(@.type==\"Ready\")].status", is: "True")
                #expect(try world.files("catalog").count == 1)
            }
        }
    }

    @Test("A schedule that cannot be kept names its field")
    func schedules() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                let cases: [(name: String, schedule: String, reason: String, words: [String])] = [
                    ("never", #"{cron: "0 0 30 2 *"}"#, "CronNeverFires", ["spec.schedule.cron", "0 0 30 2 *"]),
                    (
                        "zone", #"{cron: "0 2 * * *", timeZone: Europe/Atlantis}"#, "UnknownTimeZone",
                        ["spec.schedule.timeZone", "Europe/Atlantis"]
                    ),
                    ("words", #"{cron: "at two o clock"}"#, "InvalidSpec", ["spec.schedule.cron"]),
                ]
                for wrong in cases {
                    let policy = world.policy(wrong.name, more: "schedule: \(wrong.schedule)")
                    do { try await world.apply(policy) } catch {
                        // Refused by the schema: as good, when it names the field.
                        #expect(wrong.words.allSatisfy("\(error)".contains), "\(error)")
                        continue
                    }
                    try await world.waitForComplaint("bp/\(wrong.name)", reason: wrong.reason, wrong.words)
                    try await world.waitForWarning("BackupPolicy/\(wrong.name)", wrong.words)
                }
                #expect(try await world.field("bk", ".items[*].metadata.name") == "")
            }
        }
    }

    @Test(
        "Names of databases are data: any name is backed up and brought back",
        arguments: [
            #"a"b; drop table x"#, "$(touch x)`id`", "with spaces and 'quotes'", "Größe-数据-🙂",
            #"back\slash %s ${HOME}"#, "-rf",
        ])
    func names(_ name: String) async throws {
        let unique = "\(name) \(UUID().uuidString.prefix(4))"
        try await World.with(database: unique, rows: 20) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let before = try await world.contents()
                try await world.damage()
                try await world.apply(world.plan(phases: World.restoreOnly, token: "names"))
                try await world.wait("rp/plan", ".status.state", is: "Succeeded")
                #expect(try await world.contents() == before)
                #expect(try await world.databases().count == 2)
            }
        }
    }

    private static let otherAuthority = (try? PostgresAuthority.other()) ?? ""
}
