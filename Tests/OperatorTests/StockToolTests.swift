import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import S3TestServer
import Testing

/// No lock-in: what is in the bucket is restored with tools that every machine has.
@Suite struct StockToolTests {
    enum Store: String, CaseIterable, Sendable { case filesystem, s3 }

    @Test("A backup is restored with age, zstd and pg_restore alone", arguments: Store.allCases)
    func restore(_ kind: Store) async throws {
        try await World.with(rows: 1000) { world in
            try await Standalone.run(world) { _ in
                if kind == .filesystem {
                    try await world.prepareWithBackup()
                } else {
                    try await world.prepareS3()
                    try await world.apply(world.policy())
                    try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                }
            }
            let folder = world.folder.path
            switch kind {
            case .filesystem:
                let key = try #require(try world.files("data").first { $0.hasSuffix("database.dump.zst.age") })
                try FileManager.default.copyItem(
                    at: world.store.appending(path: key), to: world.folder.appending(path: "dump.zst.age"))
            case .s3:
                let listed = try await world.aws("s3", "ls", "--recursive", "s3://dr-test/\(world.database)/data/")
                let key = try #require(
                    listed.split(separator: "\n").first { $0.hasSuffix("database.dump.zst.age") }?.split(separator: " ")
                        .last)
                try await world.aws("s3", "cp", "s3://dr-test/\(key)", "\(folder)/dump.zst.age")
            }
            let target = "\(world.database)_stock"
            _ = try await world.postgres.createDatabase(target)
            let script =
                #"set -euo pipefail; age -d -i identity dump.zst.age | zstd -d | "$1" --exit-on-error --no-password -d "$2""#
            try await runChild(
                Command(
                    "bash", ["-c", script, "bash", TemporaryPostgres.program("pg_restore"), target],
                    environment: [
                        "PGHOST": "127.0.0.1", "PGPORT": "\(world.postgres.port)", "PGUSER": "postgres",
                        "PGPASSWORD": world.postgres.password,
                    ], workingDirectory: folder))
            #expect(try await world.contents(of: target) == world.contents())
        }
    }
}

extension World {
    /// As ``prepare()``, with the store in SeaweedFS, below a prefix of its own.
    func prepareS3() async throws {
        let s3 = try await TemporaryS3.shared()
        try await kubectl("create", "namespace", Self.namespace)
        try await apply(
            Self.secret("db", ["password": postgres.password]),
            Self.secret("db-ca", ["ca.crt": postgres.certificateAuthority]),
            Self.secret("identity", ["identity": identity]),
            Self.secret(
                "s3", ["accessKeyID": TemporaryS3.accessKeyID, "secretAccessKey": TemporaryS3.secretAccessKey]),
            Self.secret("s3-ca", ["ca.crt": s3.certificateAuthority]),
            Self.object("BackupStore", "primary", self.s3(s3, prefix: database)))
    }

    @discardableResult
    func aws(_ arguments: String...) async throws -> String {
        let s3 = try await TemporaryS3.shared()
        let authority = folder.appending(path: "s3-ca.crt")
        try Data(s3.certificateAuthority.utf8).write(to: authority)
        return String(
            decoding: try await runChild(
                Command(
                    "aws", ["--endpoint-url", "https://localhost:\(s3.port)"] + arguments,
                    environment: [
                        "AWS_ACCESS_KEY_ID": TemporaryS3.accessKeyID,
                        "AWS_SECRET_ACCESS_KEY": TemporaryS3.secretAccessKey,
                        "AWS_DEFAULT_REGION": "us-east-1", "AWS_CA_BUNDLE": authority.path, "HOME": folder.path,
                    ])), as: UTF8.self)
    }
}
