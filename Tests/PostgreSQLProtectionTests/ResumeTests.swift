import Foundation
import PostgreSQLClient
import PostgresTestServer
import Testing

@testable import PostgreSQLProtection

/// What a killed restore leaves is made here as it leaves it; then the same call is made again.
@Suite("A restore that was killed")
struct ResumeTests {
    let script = "CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 10) n"

    func request(_ sample: Sample, _ strategy: PostgresRestore.Strategy = .swap) -> PostgresRestore.Request {
        PostgresRestore.Request(
            server: sample.login, token: "k", artifact: "sha", strategy: strategy, verification: .rows)
    }

    func marker(_ sample: Sample, _ phase: RestoreMarker.Phase, artifact: String = "sha") -> String {
        let marker = RestoreMarker(
            token: "k", artifact: artifact, target: sample.login.database, phase: phase, at: Date(), comment: nil,
            earlier: [])
        return PostgresLiteral.quote(marker.text)
    }

    /// A scratch database with other rows than the archive's, so that it shows which one was used.
    func makeScratch(_ sample: Sample, comment: String?, script: String) async throws {
        let name = RestoreNames(target: sample.login.database, token: "k").scratch
        _ = try await sample.server.createDatabase(name, script: script)
        if let comment {
            try await sample.maintain("COMMENT ON DATABASE \(PostgresIdentifier.quote(name)) IS \(comment)")
        }
    }

    static let noArchive: @Sendable () async throws -> Pieces = {
        throw PostgresProtectionError(.conflict, "the archive was asked for")
    }

    @Test("while it made its database starts over", arguments: [true, false])
    func creating(isMarked: Bool) async throws {
        let sample = try await Sample.make("resume create \(isMarked)", script)
        let bytes = try await sample.backUp().bytes
        _ = try await sample.sql("DELETE FROM t")
        try await makeScratch(
            sample, comment: isMarked ? marker(sample, .restoring) : nil,
            script: isMarked ? "CREATE TABLE half (a int)" : "")
        let state = try await PostgresRestore.state(token: "k", server: sample.login)
        #expect(state == (isMarked ? .restoring(database: "resume create true_restore_k") : .absent))
        let report = try await PostgresRestore.run(request(sample)) { Pieces(bytes: bytes) }
        #expect(report.rows == 10)
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "10")
        #expect(try await sample.sql("SELECT to_regclass('half')").first?[0] == nil)
    }

    @Test("after the proof only swaps, also when the original was closed already", arguments: [true, false])
    func swapping(isClosed: Bool) async throws {
        let sample = try await Sample.make("resume swap \(isClosed)", script)
        try await makeScratch(sample, comment: marker(sample, .verified), script: "CREATE TABLE proven (a int)")
        if isClosed { try await sample.maintain("ALTER DATABASE \"resume swap true\" ALLOW_CONNECTIONS false") }
        let report = try await PostgresRestore.run(request(sample), archive: Self.noArchive)
        #expect(report.keptDatabase == "resume swap \(isClosed)_damaged_k")
        #expect(try await sample.sql("SELECT count(*) FROM proven").first?[0] == "0")
    }

    @Test("after the proof, or after the swap, tells the numbers of the backup")
    func numbers() async throws {
        let sample = try await Sample.make("resume numbers", script)
        let backup = try await sample.backUp()
        var request = request(sample)
        request.fingerprint = backup.result.fingerprint
        try await makeScratch(sample, comment: marker(sample, .verified), script: script)
        for isDone in [false, true] {
            let report = try await PostgresRestore.run(request, archive: Self.noArchive)
            #expect(report.wasAlreadyDone == isDone)
            #expect(report.rows == 10 && report.tables == 1)
            #expect(report.fingerprintDigest == (try backup.result.fingerprint.digest))
            #expect(report.artifact == "sha")
        }
    }

    @Test("after the swap of another artifact leaves that, and says so")
    func otherInPlace() async throws {
        let sample = try await Sample.make("resume in place", script)
        try await makeScratch(
            sample, comment: marker(sample, .verified, artifact: "older"), script: "CREATE TABLE old (a int)")
        var older = request(sample)
        older.artifact = "older"
        _ = try await PostgresRestore.run(older, archive: Self.noArchive)
        var newer = request(sample)
        newer.fingerprint = try await sample.backUp().result.fingerprint
        let report = try await PostgresRestore.run(newer, archive: Self.noArchive)
        #expect(report.wasAlreadyDone && report.artifact == "older")
        #expect(report.rows == 0 && report.tables == 0 && report.fingerprintDigest == nil)
        // A person has changed the comment: the damaged one still tells it.
        try await sample.maintain("COMMENT ON DATABASE \"resume in place\" IS 'ours'")
        #expect(try await PostgresRestore.run(newer, archive: Self.noArchive).artifact == "older")
        try await sample.maintain("DROP DATABASE \"resume in place\"")
        #expect(try await PostgresRestore.run(newer, archive: Self.noArchive).artifact == nil)
    }

    @Test("after the proof of another artifact starts over")
    func otherArtifact() async throws {
        let sample = try await Sample.make("resume other", script)
        let bytes = try await sample.backUp().bytes
        try await makeScratch(
            sample, comment: marker(sample, .verified, artifact: "older"), script: "CREATE TABLE old (a int)")
        _ = try await PostgresRestore.run(request(sample)) { Pieces(bytes: bytes) }
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "10")
    }

    @Test("after the swap drops the damaged database where the strategy says so")
    func dropping() async throws {
        let sample = try await Sample.make("resume drop", script)
        try await makeScratch(sample, comment: marker(sample, .verified), script: script)
        let first = try await PostgresRestore.run(request(sample), archive: Self.noArchive)
        #expect(first.keptDatabase == "resume drop_damaged_k")
        let second = try await PostgresRestore.run(request(sample, .replace), archive: Self.noArchive)
        #expect(second.wasAlreadyDone)
        #expect(second.keptDatabase == nil)
        #expect(try await sample.databases().filter { $0.hasPrefix("resume drop") } == ["resume drop"])
    }

    @Test("never touches a database of its name that it did not make")
    func foreign() async throws {
        let sample = try await Sample.make("resume foreign", script)
        let bytes = try await sample.backUp().bytes
        for comment in [nil, "'people''s own'"] {
            try await makeScratch(sample, comment: comment, script: "CREATE TABLE precious (a int)")
            let error = await #expect(throws: PostgresProtectionError.self) {
                _ = try await PostgresRestore.run(request(sample)) { Pieces(bytes: bytes) }
            }
            #expect(error?.code == .conflict)
            let there = try await sample.databases()
            #expect(there.contains("resume foreign_restore_k"))
            try await sample.maintain("DROP DATABASE \"resume foreign_restore_k\"")
        }
    }

    @Test("keeps others out while it works: a second one is told to wait")
    func busy() async throws {
        let sample = try await Sample.make("resume busy", script)
        let other = try await PostgresConnection.connect(sample.server.configuration())
        try await other.query("SELECT pg_advisory_lock(1146241616, hashtext($1))", [sample.login.database])
        let error = await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresRestore.run(request(sample), archive: Self.noArchive)
        }
        #expect(error?.code == .busy)
        #expect(error?.isRetriable == true)
        await other.close()
    }

    @Test("whose renaming fails leaves the original open")
    func renameFails() async throws {
        let sample = try await Sample.make("resume rename", script)
        try await makeScratch(sample, comment: marker(sample, .verified), script: script)
        // Somebody took the name between the check and the swap.
        try await sample.maintain("CREATE DATABASE \"resume rename_damaged_k\"")
        await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresRestore.run(request(sample), archive: Self.noArchive)
        }
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "10")
        #expect(
            try await PostgresRestore.state(token: "k", server: sample.login)
                == .verified(database: "resume rename_restore_k"))
    }
}
