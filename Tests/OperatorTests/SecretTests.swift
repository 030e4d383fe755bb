import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import S3TestServer
import Synchronization
import Testing

/// Distinctive secrets go through a backup, a recovery and every way to fail, and are looked for everywhere that people
/// and machines can read.
@Suite struct SecretTests {
    @Test("Secrets are in no log, event, object, bucket or argument")
    func canaries() async throws {
        try await World.with(rows: 4000) { world in
            let s3 = try await TemporaryS3.shared()
            let canaries = [
                "password": "canary-db-\(UUID().uuidString)", "wrong password": "canary-wrong-\(UUID().uuidString)",
                "bearer token": "canary-bearer-\(UUID().uuidString)", "S3 secret": TemporaryS3.secretAccessKey,
                "wrong S3 secret": "canary-s3-\(UUID().uuidString)",
                "age identity": try #require(world.identity.split(separator: "\n").last.map(String.init)),
            ]
            func canary(_ name: String) -> String { canaries[name] ?? "" }
            let role = "canary_\(UUID().uuidString.prefix(8).lowercased())"
            try await world.sql(
                "create role \(role) superuser login password \(PostgresLiteral.quote(canary("password")))",
                in: "postgres")
            let watch = ProcessWatch()
            try await Standalone.run(world, arguments: ["--verbose"]) { process in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await watch.run(below: process.pid) }
                    try await world.prepareS3()
                    try await world.apply(
                        World.secret("db", ["password": canary("password")]),
                        World.secret("db-wrong", ["password": canary("wrong password")]),
                        World.secret("bearer", ["token": canary("bearer token")]),
                        World.secret(
                            "s3-wrong",
                            ["accessKeyID": TemporaryS3.accessKeyID, "secretAccessKey": canary("wrong S3 secret")]),
                        World.object("BackupStore", "wrong", world.s3(s3, credentials: "s3-wrong", prefix: "wrong")))
                    let source = world.source().replacing("user: postgres", with: "user: \(role)")
                    let wrong = source.replacing("name: db}", with: "name: db-wrong}")
                    try await world.apply(world.policy(source: source), world.policy("wrong", source: wrong))
                    try await world.wait("bp/db", ".status.conditions[?(@.type==\"Ready\")].status", is: "True")
                    try await world.wait("bk", ".items[?(@.spec.policyRef.name==\"db\")].status.phase", is: "Complete")
                    try await world.waitForComplaint("bp/wrong", ["password authentication failed"])
                    try await world.waitForComplaint("bst/wrong", ["credentialsSecret"])
                    let phases = """
                        [{name: only, steps: [\
                        {name: bearer, onFailure: Continue, http: {url: "https://localhost:\(s3.port)/nothing", bearerTokenSecret: {name: bearer}, caSecret: {name: s3-ca}}}, \
                        {name: refused, onFailure: Continue, sql: {target: \(wrong), query: "select 1"}}, \
                        {name: error, onFailure: Continue, sql: {policy: db, query: "select 1/0"}}, \
                        {name: restore, restorePostgreSQL: {policy: db, verify: Rows}}]}]
                        """
                    try await world.damage()
                    try await world.apply(world.plan(phases: phases, token: "t"))
                    try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                    group.cancelAll()
                }
                var places = ["arguments": watch.arguments.withLock { $0.sorted().joined(separator: "\n") }]
                #expect(
                    places["arguments"]?.contains("pg_dump") == true
                        && places["arguments"]?.contains("pg_restore") == true)
                places["log"] = try String(contentsOf: world.log, encoding: .utf8)
                places["events"] = try await world.kubectl("get", "events", "-o", "yaml")
                let kinds = "backupstores,backuppolicies,backups,recoveryplans,recoveryruns,configmaps"
                places["objects"] = try await world.kubectl("get", kinds, "-o", "yaml")
                places["description"] = try await world.kubectl("describe", kinds)
                places["status"] = try await world.dr("status")
                let copy = world.folder.appending(path: "bucket")
                try await world.aws("s3", "sync", "--quiet", "s3://dr-test/\(world.database)/", copy.path)
                let names = FileManager.default.enumerator(atPath: copy.path)?.compactMap { $0 as? String } ?? []
                #expect(
                    names.contains { $0.hasPrefix("ledger/") } && names.contains { $0.hasPrefix("runs/") }, "\(names)")
                for name in names {
                    guard let data = try? Data(contentsOf: copy.appending(path: name)) else { continue }
                    places["bucket \(name)"] = String(decoding: data, as: UTF8.self)
                }
                expectNone(of: canaries, in: places)
            }
            try await world.sql("reassign owned by \(role) to postgres", in: world.database)
        }
    }
}

/// - Parameter places: What can be read there.
func expectNone(of canaries: [String: String], in places: [String: String]) {
    for (place, text) in places {
        for (name, secret) in canaries {
            #expect(!secret.isEmpty, "\(name)")
            for form in [secret, Data(secret.utf8).base64EncodedString()] {
                #expect(!text.contains(form), "the \(name) is in the \(place)")
            }
        }
    }
}

/// Reads the arguments of all processes below one, again and again, however far below.
final class ProcessWatch: Sendable {
    let arguments = Mutex<Set<String>>([])

    func run(below root: Int32) async {
        while !Task.isCancelled {
            look(below: root)
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func look(below root: Int32) {
        for entry in ProcessEntry.family(of: root) { arguments.withLock { _ = $0.insert(entry.arguments) } }
    }
}
