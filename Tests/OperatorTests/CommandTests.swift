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
                for word in ["150 rows", "met", "Succeeded", "1/1", "DryRun", "/1h"] {
                    #expect(columns.contains(word), "\(word): \(columns)")
                }
            }
        }
    }

    /// Standard output and error of a verb, and its exit code where it is not 0.
    private func said(_ world: World, _ arguments: String...) async throws -> String {
        let script = Command(
            "bash",
            ["-c", "\"$@\" 2>&1 || echo \"code $?\"", "bash", Standalone.executable] + arguments + [
                "-n", World.namespace,
            ],
            environment: world.environment)
        return String(decoding: try await runChild(script), as: UTF8.self)
    }

    @Test("Who waits is told for what, and the time ends; two backups of one moment are two")
    func waiting() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                let file = world.folder.appending(path: "no-folder")
                try Data().write(to: file)
                try await world.apply(
                    world.store("broken", path: file.path), world.policy(store: "broken", more: "suspend: true"))
                try await world.apply(world.plan(phases: World.restoreOnly).replacing("primary", with: "broken"))
                try await world.wait("bst/broken", ".status.conditions[?(@.type==\"Ready\")].status", is: "False")
                let recover = try await said(world, "recover", "plan", "--timeout", "1s")
                #expect(recover.contains("code 124") && recover.contains("goes on without this command"), "\(recover)")
                #expect(recover.contains("no-folder"), "\(recover)")
            }
            // Nobody works there any more.
            try await Standalone.run(world, arguments: ["--api-only"]) { _ in
                let backup = try await said(world, "backup", "db", "--timeout", "1s")
                #expect(backup.contains("code 124") && backup.contains("BackupStore broken is not ready"), "\(backup)")
                for _ in 0..<2 { #expect(try await said(world, "backup", "db", "--no-wait").contains("code") == false) }
                let count = try await world.kubectl("get", "backups", "-o", "name").split(separator: "\n").count
                #expect(count == 3)
                let wrong = try await said(world, "backup", "db", "--timeout", "soon")
                #expect(wrong.contains("not a span of time") && wrong.contains("code 64"), "\(wrong)")
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
            Mistake(
                arguments: ["recover", "plan", "--token", "a", "--to", "no-such-backup"], words: ["no-such-backup"]),
            Mistake(arguments: ["abort", "gone"], words: ["gone", "not found"]),
            Mistake(arguments: ["catalog", "gone"], words: ["gone", "BackupStore"]),
        ]
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                try await world.apply(world.plan(phases: World.restoreOnly))
                for wrong in cases {
                    let command = Command(
                        Standalone.executable, wrong.arguments + ["-n", World.namespace], environment: world.environment
                    )
                    let script = Command(
                        "bash",
                        ["-c", "\"$@\" 2>&1 || echo \"code $?\"", "bash", command.executable] + command.arguments,
                        environment: command.environment)
                    let said = String(decoding: try await runChild(script), as: UTF8.self)
                    #expect(said.contains("code ") && wrong.words.allSatisfy(said.contains), "\(wrong): \(said)")
                    #expect(!said.contains("KubernetesError(") && !said.contains("Optional("), "\(said)")
                }
            }
        }
    }
}
