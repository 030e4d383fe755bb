import Foundation
import PostgresTestServer

/// The objects that tests apply, as a user would write them.
extension World {
    static func secret(_ name: String, _ values: [String: String]) -> String {
        let data = values.map { "\($0.key): \(Data($0.value.utf8).base64EncodedString())" }.joined(separator: ", ")
        return "apiVersion: v1\nkind: Secret\nmetadata: {name: \(name)}\ndata: {\(data)}"
    }

    static func object(_ kind: String, _ name: String, _ spec: String) -> String {
        "apiVersion: dr.hotswap.io/v1alpha1\nkind: \(kind)\nmetadata: {name: \(name)}\nspec: \(spec)"
    }

    /// A JSON string is a YAML string, whatever it contains.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes  // "\/" is not YAML
        let data = try? encoder.encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    func store(_ name: String = "primary", path: String? = nil, identity: String = "identity") -> String {
        Self.object(
            "BackupStore", name,
            """
            {filesystem: {path: \(Self.quoted(path ?? store.path))}, encryption: {recipients: [\(recipient)], identitySecret: {name: \(identity)}}}
            """)
    }

    func source(
        host: String = "127.0.0.1", port: Int? = nil, database: String? = nil, passwordSecret: String = "{name: db}"
    ) -> String {
        """
        {host: "\(host)", port: \(port ?? postgres.port), database: \(Self.quoted(database ?? self.database)), user: postgres, \
        passwordSecret: \(passwordSecret), sslMode: verify-full, caSecret: {name: db-ca}}
        """
    }

    func policy(
        _ name: String = "db", source: String? = nil, store: String = "primary", more: String = "trigger: first"
    ) -> String {
        Self.object(
            "BackupPolicy", name,
            "{source: {postgresql: \(source ?? self.source())}, storeRef: {name: \(store)}\(more.isEmpty ? "" : ", " + more)}"
        )
    }

    /// - Parameter phases: in YAML's flow style.
    func plan(_ name: String = "plan", phases: String, token: String? = nil, more: String = "") -> String {
        let execute = token.map { ", execute: {token: \($0)\(more)}" } ?? ""
        return Self.object(
            "RecoveryPlan", name, "{storeRef: {name: primary}, objective: {rto: 1h}, phases: \(phases)\(execute)}")
    }

    /// The writers are stopped, the database is restored, the writers are back.
    static let wholeRecovery = """
        [{name: stop, steps: [{name: stop, scale: {kind: Deployment, name: api, replicas: 0}}]}, \
        {name: database, steps: [{name: restore, restorePostgreSQL: {policy: db, verify: Rows}}]}, \
        {name: start, steps: [{name: start, scale: {kind: Deployment, name: api, asBefore: stop}}]}]
        """

    static let restoreOnly =
        "[{name: database, steps: [{name: restore, restorePostgreSQL: {policy: db, verify: Rows}}]}]"

    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec: {replicas: 3, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}
        """

    /// The namespace, the Secrets and the store.
    func prepare() async throws {
        try await kubectl("create", "namespace", Self.namespace)
        try await apply(
            Self.secret("db", ["password": postgres.password]),
            Self.secret("db-ca", ["ca.crt": postgres.certificateAuthority]),
            Self.secret("identity", ["identity": identity]), store())
    }

    /// All of that, the workload, and one complete backup.
    @discardableResult
    func prepareWithBackup() async throws -> String {
        try await prepare()
        try await apply(Self.deployment, policy())
        try await wait("backups", ".items[*].status.phase", is: "Complete")
        return try await field("backups", ".items[0].metadata.name")
    }

    /// What an incident leaves behind.
    func damage() async throws {
        try await sql("drop table orders cascade; delete from customers where id % 2 = 0")
    }
}
