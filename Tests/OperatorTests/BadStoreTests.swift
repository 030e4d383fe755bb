import Foundation
import PostgresTestServer
import S3TestServer
import Testing

enum PostgresAuthority {
    static func other() throws -> String { try TemporaryPostgres.otherAuthority() }
}

@Suite struct BadStoreTests {
    @Test("A store that cannot be used names the field")
    func stores() async throws {
        let s3 = try await TemporaryS3.shared()
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                let good = ["accessKeyID": TemporaryS3.accessKeyID, "secretAccessKey": TemporaryS3.secretAccessKey]
                try await world.apply(
                    World.secret("s3", good), World.secret("s3-ca", ["ca.crt": s3.certificateAuthority]),
                    World.secret("s3-half", ["accessKeyID": "x"]),
                    World.secret("s3-wrong", good.merging(["secretAccessKey": "not this"]) { $1 }),
                    World.secret("s3-unknown", good.merging(["accessKeyID": "nobody"]) { $1 }))
                let cases: [(name: String, spec: String, words: [String])] = [
                    (
                        "no-secret", world.s3(s3, credentials: "gone"),
                        ["spec.s3.credentialsSecret", "\"gone\"", "create it"]
                    ),
                    (
                        "half-secret", world.s3(s3, credentials: "s3-half"),
                        ["spec.s3.credentialsSecret", "secretAccessKey"]
                    ),
                    ("wrong-secret", world.s3(s3, credentials: "s3-wrong"), ["spec.s3.credentialsSecret"]),
                    ("unknown-id", world.s3(s3, credentials: "s3-unknown"), ["spec.s3.credentialsSecret"]),
                    ("no-ca", world.s3(s3, authority: nil), ["spec.s3.caSecret"]),
                    ("no-bucket", world.s3(s3, bucket: "mistyped"), ["spec.s3.bucket", "mistyped", "create it"]),
                    ("no-server", world.s3(s3, endpoint: "https://localhost:1"), ["spec.s3.endpoint"]),
                    (
                        "bad-recipient", world.s3(s3).replacing(world.recipient, with: "age1notakey"),
                        ["spec.encryption.recipients"]
                    ),
                    (
                        "no-folder",
                        "{filesystem: {path: \(world.folder.path)/absent}, encryption: {recipients: [\(world.recipient)]}}",
                        ["spec.filesystem.path", "absent"]
                    ),
                ]
                for wrong in cases {
                    let store = World.object("BackupStore", wrong.name, wrong.spec)
                    do { try await world.apply(store) } catch {
                        #expect(wrong.words.allSatisfy("\(error)".contains), "\(wrong.name): \(error)")
                        continue
                    }
                    try await world.waitForComplaint("bst/\(wrong.name)", wrong.words)
                    try await world.waitForWarning("BackupStore/\(wrong.name)", wrong.words)
                }
                // A policy on such a store says so itself, and takes no backup.
                try await world.apply(world.policy(store: "no-folder"))
                try await world.waitForComplaint(
                    "bp/db", reason: "StoreNotReady", ["no-folder", "spec.filesystem.path"])
                try await world.waitForWarning("BackupPolicy/db", ["no-folder", "spec.filesystem.path"])
                try await world.apply(
                    World.object(
                        "BackupStore", "twin",
                        "{filesystem: {path: \(world.store.path)}, encryption: {recipients: [\(world.recipient)]}}"))
                try await world.waitForComplaint("bst/twin", reason: "DataPrefixInUse", ["primary", "another"])
                try await world.waitForWarning("BackupStore/twin", ["primary"])
                // Two policies would write below one prefix: the one on the twin does not, and says so.
                try await world.apply(world.policy("first"), world.policy("second", store: "twin"))
                try await world.waitForComplaint("bp/second", reason: "StoreNotReady", ["twin", "primary"])
                try await world.waitForWarning("BackupPolicy/second", ["twin", "primary"])
                try await world.wait("bk", #".items[?(@.spec.policyRef.name=="first")].status.phase"#, is: "Complete")
                #expect(try await world.field("bk", #".items[?(@.spec.policyRef.name=="second")].metadata.name"#) == "")
                #expect(try world.files("catalog").allSatisfy { $0.hasPrefix("catalog/shop/first/") })
            }
        }
    }

    /// What is done to the artifact, and what the run must say.
    enum Damage: String, CaseIterable, Sendable {
        case missing, truncated, flipped, wrongIdentity, noIdentity

        var words: [String] {
            switch self {
            case .missing: ["data/", "dump"]
            case .truncated: ["data/"]
            case .flipped: ["data/"]
            case .wrongIdentity: ["spec.encryption.identitySecret"]
            case .noIdentity: ["spec.encryption.identitySecret", "\"identity\"", "create it"]
            }
        }
    }

    @Test(
        "An artifact that cannot be read fails the recovery and leaves the database as it is",
        arguments: Damage.allCases)
    func artifacts(_ damage: Damage) async throws {
        try await World.with(rows: 200) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let artifact = try #require(try world.files("data").first { $0.hasSuffix("database.dump.zst.age") })
                let file = world.store.appending(path: artifact)
                var bytes = try Data(contentsOf: file)
                switch damage {
                case .missing: try FileManager.default.removeItem(at: file)
                case .truncated: try bytes.prefix(bytes.count - 100).write(to: file)
                case .flipped:
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: file)
                case .wrongIdentity:
                    let other = world.folder.appending(path: "other").path
                    try await world.run("age-keygen", "-o", other)
                    try await world.apply(
                        World.secret("identity", ["identity": try String(contentsOfFile: other, encoding: .utf8)]))
                case .noIdentity: try await world.kubectl("delete", "secret", "identity")
                }
                try await world.damage()
                let before = try await world.contents()
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t"))
                try await world.wait("rp/plan", ".status.state", is: "Failed")
                try await world.waitForComplaint("rr/plan-t", reason: "Failed", damage.words)
                try await world.waitForWarning("RecoveryRun/plan-t", damage.words)
                #expect(try await world.contents() == before)
                #expect(try await world.databases() == [world.database], "nothing half-restored is left")
            }
        }
    }

    @Test("A store whose folder vanishes is told, takes no backup elsewhere, and works once it is back")
    func vanished() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let away = world.folder.appending(path: "away")
                try FileManager.default.moveItem(at: world.store, to: away)
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.eventually("the policy says so") {
                    let message = try await world.field("bp/db", #".status.conditions[?(@.type=="Ready")].message"#)
                    return message.contains("spec.filesystem.path") ? nil : message
                }
                #expect(
                    !FileManager.default.fileExists(atPath: world.store.path), "it is not made anew: it may be a mount")
                try FileManager.default.moveItem(at: away, to: world.store)
                try await world.eventually("two backups", within: 90) {
                    let all = try await world.field("bk", ".items[*].status.phase")
                    return all == "Complete Complete" ? nil : all
                }
            }
        }
    }
}

extension World {
    func s3(
        _ server: TemporaryS3, credentials: String = "s3", bucket: String? = nil, authority: String? = "s3-ca",
        endpoint: String? = nil, prefix: String = "p"
    ) -> String {
        let ca = authority.map { ", caSecret: {name: \($0)}" } ?? ""
        return """
            {s3: {endpoint: "\(endpoint ?? "https://localhost:\(server.port)")", bucket: \(bucket ?? server.bucket), \
            prefix: \(prefix), pathStyle: true, credentialsSecret: {name: \(credentials)}\(ca)}, \
            encryption: {recipients: [\(recipient)], identitySecret: {name: identity}}}
            """
    }
}
