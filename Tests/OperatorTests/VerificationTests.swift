import Foundation
import Operator
import Processes
import Testing

/// Backups are proven by a real operator, of a git repository: what is asked, what is found, and what a kill leaves.
@Suite struct VerificationTests {
    @Test(
        "Each backup is proven; one that is damaged later is found broken, told everywhere, and not restored as verified"
    )
    func provenThenBroken() async throws {
        try await with { world, source in
            try await Standalone.run(world, environment: world.cache) { _ in
                try await world.prepare(source)
                try await world.apply(source.verified("everyBackup: true"))
                try await world.wait("bk", world.verified("items[*]."), is: "True")
                let backup = try await world.field("bk", ".items[0].metadata.name")
                #expect(try await world.field("bk/\(backup)", ".status.verification.checks[*].name").isEmpty == false)
                #expect(try world.text("proofs/\(World.namespace)/p/\(backup).json").contains("\"Proven\""))
                try await world.wait("bp/p", ".status.lastVerifiedBackup", is: backup)
                try await world.wait("bp/p", #".status.conditions[?(@.type=="Verified")].reason"#, is: "Verified")
                #expect(try world.scratch() == [])

                let again = try await world.dr("verify", "p", "--wait")
                #expect(again.contains("proven in"), "\(again)")
                #expect(try await world.field("bk/\(backup)", ".status.verification.requested").hasPrefix("cli-"))

                let artifact = try #require(try world.files("data").first)
                var bytes = try Data(contentsOf: world.store.appending(path: artifact))
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: world.store.appending(path: artifact))
                await #expect(throws: (any Error).self) { try await world.dr("verify", backup, "--wait") }
                #expect(try await world.field("bk/\(backup)", world.verified()) == "False")
                #expect(try world.text("proofs/\(World.namespace)/p/\(backup).json").contains("\"Broken\""))
                try await world.wait("bp/p", ".status.phase", is: "Degraded")
                #expect(
                    try await world.field("bp/p", #".status.conditions[?(@.type=="Verified")].reason"#)
                        == "VerificationFailed")
                #expect(try await world.field("bp/p", #".status.conditions[?(@.type=="Ready")].status"#) == "True")
                try await world.waitForWarning("Backup/\(backup)", ["corrupt"])
                try await world.waitForWarning("BackupPolicy/p", [backup])

                try await world.apply(world.plan(phases: source.phases, token: "t", more: ", to: LatestVerified"))
                try await world.eventually("the recovery refuses the broken backup") {
                    let message = try await world.field("rr/plan-t", ".status.steps[*].message")
                    return message.contains("proven") ? nil : message
                }
            }
        }
    }

    @Test(
        "A verification that is killed at any point ends with a verdict after a restart, and leaves nothing",
        arguments: ProtectedSource.Kind.allCases)
    func killed(_ kind: ProtectedSource.Kind) async throws {
        try await with(kind) { world, source in
            try await Standalone.run(world, environment: world.cache) { _ in
                try await world.prepare(source)
                try await world.apply(source.policy(trigger: "first"))
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
            }
            let stops = KillPoint.allCases.filter(\.isOfVerification).flatMap { point in
                (1...(point == .verificationProgressed ? 20 : 1)).map { (point, $0) }
            }
            var isProgressWalked = false
            for (point, time) in stops where point != .verificationProgressed || !isProgressWalked {
                let environment = world.cache.merging(["DR_KILL_AT": "\(point.rawValue):\(time)"]) { $1 }
                let ended = try await Standalone.run(world, environment: environment) { process in
                    // Its answer may be lost with the process.
                    _ = try? await world.dr("verify", "p")
                    try await world.eventually("\(point):\(time): it ends, or the verification does") {
                        guard process.isRunning else { return nil }
                        return (try? await world.hasVerdict()) == true ? nil : "neither"
                    }
                }
                // A point that is not reached so often has been walked.
                isProgressWalked = point == .verificationProgressed && ended == .cleanly
                #expect(ended == .signalled(SIGKILL) || time > 1, "\(point)")
                try await world.eventually("\(point):\(time): no scratch server is left") {
                    let left = ProcessEntry.naming(world.folder.appending(path: "dr-cache/work").path)
                    return left.isEmpty ? nil : "\(left)"
                }
                try await Standalone.run(world, environment: world.cache) { _ in
                    try await world.eventually("\(point): it is proven") {
                        try await world.hasVerdict() ? nil : "not yet"
                    }
                    #expect(try await world.field("bk", world.verified("items[0].")) == "True", "\(point)")
                    #expect(try world.scratch() == [], "\(point)")
                }
            }
        }
    }

    @Test("A proof that is overdue degrades the policy; without the identity the operator says what it needs")
    func cannot() async throws {
        try await with { world, source in
            try await Standalone.run(world, environment: world.cache) { _ in
                try await world.prepare(source)
                try await world.apply(
                    World.object(
                        "BackupStore", "primary",
                        "{filesystem: {path: \(World.quoted(world.store.path))}, encryption: {recipients: [\(world.recipient)], identitySecret: null}}"
                    ))
                try await world.apply(source.verified("everyBackup: true, maxAge: 1s"))
                try await world.wait("bp/p", ".status.phase", is: "Degraded")
                try await world.waitForWarning("BackupPolicy/p", ["dr verify p"])
                try await world.wait(
                    "bk", #".items[*].status.conditions[?(@.type=="RestoreVerified")].reason"#, is: "NoIdentity")
                #expect(try await world.field("bk", world.verified("items[0].")) == "Unknown")
                #expect(
                    try await world.field("bk", ".items[0].status.verification.error").contains(
                        "spec.encryption.identitySecret"))
            }
        }
    }

    @Test("Another age identity is no broken backup: it is told with its field; a header that was changed is broken")
    func wrongIdentity() async throws {
        try await with { world, source in
            try await Standalone.run(world, environment: world.cache) { _ in
                try await world.prepare(source)
                try await world.apply(source.policy(trigger: "first"))
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                let key = world.folder.appending(path: "rotated").path
                try await world.run("age-keygen", "-o", key)
                try await world.apply(
                    World.secret("identity", ["identity": try String(contentsOfFile: key, encoding: .utf8)]))
                let error = await #expect(throws: (any Error).self) { try await world.dr("verify", "p", "--wait") }
                #expect("\(String(describing: error))".contains("spec.encryption.identitySecret"))
                try await world.wait(
                    "bk", #".items[*].status.conditions[?(@.type=="RestoreVerified")].reason"#, is: "NoIdentity")
                #expect(try await world.field("bk", world.verified("items[0].")) == "Unknown")
                #expect(try world.files("proofs").isEmpty)

                try await world.apply(World.secret("identity", ["identity": world.identity]))
                let artifact = world.store.appending(path: try #require(try world.files("data").first))
                var bytes = try Data(contentsOf: artifact)
                let stanza = try #require(bytes.range(of: Data("\n".utf8), in: 30..<bytes.count)).upperBound + 5
                bytes[stanza] = bytes[stanza] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                try bytes.write(to: artifact)
                await #expect(throws: (any Error).self) { try await world.dr("verify", "p", "--wait") }
                #expect(try await world.field("bk", world.verified("items[0].")) == "False")
                try await world.waitForWarning(
                    "Backup/\(try await world.field("bk", ".items[0].metadata.name"))", ["corrupt"])
            }
        }
    }

    @Test(
        "A snapshot that nobody could restore is not proven: the condition says what was checked, and which field is missing"
    )
    func onlyChecked() async throws {
        try await with(.vault) { world, source in
            let address = "127.0.0.1:\(try freeLoopbackPort())"
            try await Standalone.run(world, environment: world.cache, arguments: ["--probe-address", address]) { _ in
                try await world.prepare(source)
                try await world.apply(source.verified("everyBackup: true"))
                let condition = #".items[*].status.conditions[?(@.type=="RestoreVerified")]"#
                try await world.wait("bk", condition + ".reason", is: "OnlyChecked")
                #expect(try await world.field("bk", condition + ".status") == "Unknown")
                let message = try await world.field("bk", condition + ".message")
                #expect(
                    message.contains("spec.verification.vault.unsealKeysSecret")
                        && message.contains("snapshot, members"), "\(message)")
                #expect(try world.files("proofs").isEmpty)
                try await world.wait("bp/p", #".status.conditions[?(@.type=="Verified")].reason"#, is: "OnlyChecked")
                #expect(try await world.field("bp/p", ".status.lastVerifiedBackup").isEmpty)
                let error = await #expect(throws: (any Error).self) { try await world.dr("verify", "p", "--wait") }
                #expect("\(String(describing: error))".contains("unsealKeysSecret"))
                let scraped = try await world.run("curl", "-sSf", "http://\(address)/metrics")
                #expect(
                    scraped.contains(#"dr_verification_total{result="checked"} 2"#)
                        && scraped.contains(#"dr_verification_total{result="verified"} 0"#), "\(scraped)")
                #expect(!scraped.contains("dr_policy_last_verified_timestamp_seconds{"), "\(scraped)")
                try await world.apply(world.plan(phases: source.phases, token: "t", more: ", to: LatestVerified"))
                try await world.eventually("the recovery refuses it") {
                    let message = try await world.field("rr/plan-t", ".status.steps[*].message")
                    return message.contains("proven") ? nil : message
                }
            }
        }
    }

    @Test("verify without a backup, or of a name that is none, says so")
    func mistakes() async throws {
        try await with { world, source in
            try await Standalone.run(world, environment: world.cache) { _ in
                try await world.prepare()
                try await world.apply(
                    World.object("BackupPolicy", "p", "{source: {\(source.source)}, storeRef: {name: primary}}"))
                for (name, words) in [("p", "no complete backup"), ("gone", "not found")] {
                    let error = await #expect(throws: (any Error).self) { try await world.dr("verify", name) }
                    #expect("\(String(describing: error))".contains(words))
                }
            }
        }
    }

    private func with(
        _ kind: ProtectedSource.Kind = .git, _ body: @escaping @Sendable (World, ProtectedSource) async throws -> Void
    ) async throws {
        try await World.with(rows: 1) { world in
            try await ProtectedSource.with(kind, world) { source in try await body(world, source) }
        }
    }
}

extension ProtectedSource {
    fileprivate func verified(_ verification: String) -> String {
        World.object(
            "BackupPolicy", "p",
            "{source: {\(source)}, storeRef: {name: primary}, trigger: first, verification: {\(verification)}}")
    }
}

extension World {
    /// A cache folder of this world alone.
    var cache: [String: String] { ["DR_CACHE": folder.appending(path: "dr-cache").path] }

    fileprivate func verified(_ prefix: String = "") -> String {
        ".\(prefix)status.conditions[?(@.type==\"RestoreVerified\")].status"
    }

    /// Whether the newest request to verify the only backup has been answered.
    func hasVerdict() async throws -> Bool {
        let token = try await field("bk", #".items[0].metadata.annotations.dr\.hotswap\.io/verify"#)
        let requested = try await field("bk", ".items[0].status.verification.requested")
        let finished = try await field("bk", ".items[0].status.verification.finishedAt")
        return !token.isEmpty && token == requested && !finished.isEmpty
    }

    /// What work has left.
    fileprivate func scratch() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "dr-cache/work").path)
    }
}
