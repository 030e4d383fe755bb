import Foundation
import Processes
import Testing

/// The people's verbs and the columns, as a person meets them.
@Suite struct CommandTests {
    @Test("backup, catalog, status and recover say what happened; the columns answer the question")
    func verbs() async throws {
        try await World.with(rows: 50) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.policy(more: "objective: {rpo: 1h}"), world.plan(phases: World.restoreOnly))
                try await world.wait("rp/plan", ".status.state", is: "Standby")
                try await world.wait("bst/primary", ".status.phase", is: "Ready")

                let backup = try await world.dr("backup", "db")
                #expect(backup.contains("created") && backup.contains("150 rows, 2 tables"), "\(backup)")
                let catalog = try await world.dr("catalog", "primary")
                #expect(catalog.split(separator: "\n").count == 2 && catalog.contains("150 rows"), "\(catalog)")

                let before = try await world.contents()
                try await world.damage()
                let dry = try await world.dr("recover", "plan", "--token", "inc-1", "--dry-run")
                #expect(dry.contains("would restore") && dry.contains("Succeeded"), "\(dry)")
                #expect(try await world.databases().count == 1)
                let recover = try await world.dr("recover", "plan", "--token", "inc-1")
                #expect(recover.contains("Succeeded: recovered") && recover.contains("every row proven"), "\(recover)")
                #expect(try await world.contents() == before)

                try await world.eventually("the policy knows its backup") {
                    try await world.field("bp/db", ".status.recoverableTo").isEmpty ? "no" : nil
                }
                let status = try await world.dr("status")
                #expect(status.contains("db") && status.contains("/1h") && status.contains("plan"), "\(status)")
                let columns = try await world.kubectl("get", "bst,bp,bk,rp,rr")
                for word in ["150 rows", "met", "Succeeded", "1/1", "DryRun", "/1h"] { #expect(columns.contains(word), "\(word): \(columns)") }
            }
        }
    }

    struct Mistake: Sendable, CustomStringConvertible {
        var arguments: [String]
        var words: [String]
        var description: String { arguments.joined(separator: " ") }
    }

    @Test("A wrong command says what is wrong, and ends with an error")
    func mistakes() async throws {
        let cases = [
            Mistake(arguments: ["backup", "gone"], words: ["gone", "not found"]),
            Mistake(arguments: ["recover", "gone"], words: ["gone", "not found"]),
            Mistake(arguments: ["recover", "plan", "--resume"], words: ["--token"]),
            Mistake(arguments: ["recover", "plan", "--token", "Not A Name"], words: ["--token", "Not A Name"]),
            Mistake(arguments: ["recover", "plan", "--token", "a", "--to", "no-such-backup"], words: ["no-such-backup"]),
            Mistake(arguments: ["abort", "gone"], words: ["gone", "not found"]),
            Mistake(arguments: ["catalog", "gone"], words: ["gone", "BackupStore"]),
        ]
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                try await world.apply(world.plan(phases: World.restoreOnly))
                for wrong in cases {
                    let command = Command(
                        Standalone.executable, wrong.arguments + ["-n", World.namespace], environment: world.environment)
                    let script = Command(
                        "bash", ["-c", "\"$@\" 2>&1 || echo \"code $?\"", "bash", command.executable] + command.arguments,
                        environment: command.environment)
                    let said = String(decoding: try await runChild(script), as: UTF8.self)
                    #expect(said.contains("code ") && wrong.words.allSatisfy(said.contains), "\(wrong): \(said)")
                    #expect(!said.contains("KubernetesError(") && !said.contains("Optional("), "\(said)")
                }
            }
        }
    }
}
