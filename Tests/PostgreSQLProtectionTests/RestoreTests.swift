import Foundation
import PostgreSQLClient
import PostgreSQLProtection
import PostgresTestServer
import Testing

@Suite("A restore")
struct RestoreTests {
    func request(
        _ sample: Sample, _ backup: (bytes: [UInt8], result: PostgresBackup.Result), token: String = "t1",
        strategy: PostgresRestore.Strategy = .swap, verification: PostgresRestore.Verification = .rows
    ) -> PostgresRestore.Request {
        PostgresRestore.Request(
            server: sample.login, token: token, artifact: "sha", strategy: strategy, verification: verification,
            fingerprint: backup.result.fingerprint)
    }

    @Test("swaps everything back into place and keeps the damaged database")
    func swap() async throws {
        let name = "swap a\"b; $(x)"
        let sample = try await Sample.make(name, Sample.everything)
        let quoted = PostgresIdentifier.quote(name)
        try await sample.maintain(
            "CREATE ROLE \"app \"\"user\" ; GRANT CONNECT ON DATABASE \(quoted) TO \"app \"\"user\" WITH GRANT OPTION")
        try await sample.maintain(
            "REVOKE ALL ON DATABASE \(quoted) FROM PUBLIC; COMMENT ON DATABASE \(quoted) IS 'ours'")
        try await sample.maintain(
            "ALTER DATABASE \(quoted) SET search_path = \"$user\", \"Üñï\", public; ALTER DATABASE \(quoted) CONNECTION LIMIT 77"
        )
        try await sample.maintain("ALTER ROLE \"app \"\"user\" IN DATABASE \(quoted) SET work_mem = '7MB'")
        let backup = try await sample.backUp()
        let schema = try await sample.schema()
        let counting =
            "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid "
            + "WHERE relnamespace = 'public'::regnamespace"
        let indexes = try await sample.sql(counting).first?[0]
        _ = try await sample.sql("DROP TABLE public.many CASCADE; UPDATE public.types SET t = 'damaged'")
        // A client that holds on to the damaged database.
        let client = try await PostgresConnection.connect(sample.login)

        let bytes = backup.bytes
        let report = try await PostgresRestore.run(request(sample, backup)) { Pieces(bytes: bytes) }
        #expect(report.wasAlreadyDone == false)
        #expect(report.rows == backup.result.fingerprint.totalRows)
        await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
        let differences = try await PostgresVerification.differences(
            of: sample.login, from: backup.result.fingerprint, verification: .rows)
        #expect(differences == [])
        let restored = try await sample.schema()
        #expect(restored == schema, "\(restored.difference(from: schema))")
        #expect(try await sample.sql("SELECT s FROM public.sums").first?[0] == "1800030000")
        #expect(try await sample.sql("SHOW search_path").first?[0] == "\"$user\", \"Üñï\", public")
        let objects =
            "SELECT (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid "
            + "WHERE relnamespace = 'public'::regnamespace), obj_description('public.many_t'::regclass)"
        #expect(try await sample.sql(objects).first?[0] == indexes)
        #expect(try await sample.sql(objects).first?[1] == "on an index")
        let row = try await sample.sql(
            """
            SELECT datconnlimit, datacl::text, shobj_description(d.oid, 'pg_database') AS comment,
              (SELECT setconfig::text FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND setrole <> 0) AS role
            FROM pg_database d WHERE datname = current_database()
            """
        ).first
        #expect(row?["datconnlimit"] == "77")
        #expect(row?["datacl"] == "{postgres=CTc/postgres,\"\\\"app \\\"\\\"user\\\"=c*/postgres\"}")
        #expect(row?["comment"]?.hasPrefix("ours\n") == true)
        #expect(row?["role"] == "{work_mem=7MB}")

        let kept = try #require(report.keptDatabase)
        let connection = try await PostgresConnection.connect(sample.server.configuration())
        let damaged = try await connection.query(
            "SELECT datallowconn, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", [kept]
        ).first
        #expect(damaged?[0] == "f")
        #expect(damaged?[1]?.contains("Damaged \"\(name)\"") == true)
        #expect(try await PostgresRestore.state(token: "t1", server: sample.login) == .done(database: name, kept: kept))

        // The same again changes nothing and reads nothing.
        let again = try await PostgresRestore.run(request(sample, backup)) { () -> Pieces in
            throw PostgresProtectionError(.conflict, "the archive was asked for")
        }
        #expect(again.wasAlreadyDone)
        #expect(again.keptDatabase == kept)
    }

    @Test("replaces: the damaged database is gone afterwards")
    func replace() async throws {
        let sample = try await Sample.make("replaced", "CREATE TABLE t AS SELECT 1 AS a")
        let backup = try await sample.backUp()
        _ = try await sample.sql("DELETE FROM t")
        let report = try await PostgresRestore.run(request(sample, backup, strategy: .replace)) {
            Pieces(bytes: backup.bytes)
        }
        #expect(report.keptDatabase == nil)
        #expect(try await sample.databases().filter { $0.hasPrefix("replaced") } == ["replaced"])
        #expect(try await sample.sql("SELECT a FROM t").first?[0] == "1")
        #expect(
            try await PostgresRestore.state(token: "t1", server: sample.login) == .done(database: "replaced", kept: nil)
        )
    }

    @Test("brings a lost database back with its owner, settings and privileges")
    func lost() async throws {
        let sample = try await Sample.make("lost one", "CREATE TABLE t AS SELECT 1 AS a; CREATE ROLE lost_owner")
        try await sample.maintain(
            "ALTER DATABASE \"lost one\" OWNER TO lost_owner; ALTER DATABASE \"lost one\" SET work_mem = '9MB'")
        try await sample.maintain(
            "REVOKE ALL ON DATABASE \"lost one\" FROM PUBLIC; COMMENT ON DATABASE \"lost one\" IS 'it''s'")
        let backup = try await sample.backUp()
        try await sample.maintain("DROP DATABASE \"lost one\"")
        for strategy in [PostgresRestore.Strategy.swap, .intoEmpty] {
            let report = try await PostgresRestore.run(
                request(sample, backup, token: "\(strategy)", strategy: strategy)
            ) {
                Pieces(bytes: backup.bytes)
            }
            #expect(report.keptDatabase == nil)
            let row = try await sample.sql(
                """
                SELECT pg_get_userbyid(datdba), datacl::text, current_setting('work_mem'),
                  shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
                """
            ).first
            #expect(row?[0] == "lost_owner")
            #expect(row?[1] == "{lost_owner=CTc/lost_owner}")
            #expect(row?[2] == "9MB")
            #expect(row?[3]?.hasPrefix("it's\n") == true)
            try await sample.maintain("DROP DATABASE \"lost one\"")
        }
    }

    @Test("into an empty database works, into one with tables is refused")
    func intoEmpty() async throws {
        let sample = try await Sample.make("filled", "CREATE TABLE t AS SELECT 1 AS a")
        let backup = try await sample.backUp()
        let error = await #expect(throws: PostgresProtectionError.self) {
            try await PostgresRestore.run(request(sample, backup, strategy: .intoEmpty)) { Pieces(bytes: backup.bytes) }
        }
        #expect(error?.code == .targetNotEmpty)
        let empty = Sample(server: sample.server, login: try await sample.server.createDatabase("was empty"))
        let report = try await PostgresRestore.run(request(empty, backup, strategy: .intoEmpty)) {
            Pieces(bytes: backup.bytes)
        }
        #expect(report.keptDatabase == nil)
        #expect(try await empty.sql("SELECT a FROM t").first?[0] == "1")
        #expect(try await empty.databases().filter { $0.hasPrefix("was empty") } == ["was empty"])
    }

    @Test("that finds other rows than were backed up leaves the database in use alone and names the tables")
    func mismatch() async throws {
        let sample = try await Sample.make(
            "mismatch", "CREATE TABLE t AS SELECT 1 AS a; CREATE TABLE u AS SELECT 2 AS a")
        let backup = try await sample.backUp()
        _ = try await sample.sql("UPDATE t SET a = 5")
        let other = try await sample.backUp()
        for verification in [PostgresRestore.Verification.counts, .rows] {
            var wrong = request(sample, other, verification: verification)
            if verification == .counts { wrong.fingerprint?.tables[1].rows = 9 }
            let expectation = wrong
            let error = await #expect(throws: PostgresProtectionError.self) {
                try await PostgresRestore.run(expectation) { Pieces(bytes: backup.bytes) }
            }
            #expect(error?.code == .verificationFailed)
            #expect(error?.message.contains(verification == .rows ? "public.t" : "public.u") == true)
        }
        #expect(try await sample.sql("SELECT a FROM t").first?[0] == "5")
        #expect(try await sample.databases().filter { $0.hasPrefix("mismatch") } == ["mismatch"])
    }

    @Test("of a cut or damaged archive never gets into place", arguments: [10, 300, 5_000, 40_000, -20, -1])
    func truncated(count: Int) async throws {
        let sample = try await Sample.make(
            "cut \(count)",
            "CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 3000) n; CREATE TABLE u AS SELECT 1")
        let backup = try await sample.backUp()
        let bytes = Array(count < 0 ? backup.bytes.dropLast(-count) : backup.bytes.prefix(count))
        let error = await #expect(throws: PostgresProtectionError.self) {
            try await PostgresRestore.run(request(sample, backup)) { Pieces(bytes: bytes) }
        }
        #expect(error?.code == .damagedArchive)
        #expect(try await sample.databases().filter { $0.hasPrefix("cut \(count)") } == ["cut \(count)"])
        #expect(try await PostgresRestore.state(token: "t1", server: sample.login) == .absent)
    }

    @Test("without a recorded fingerprint takes it from the archive")
    func noFingerprint() async throws {
        let sample = try await Sample.make("unrecorded", "CREATE TABLE t AS SELECT n FROM generate_series(1, 100) n")
        let backup = try await sample.backUp()
        var changed = request(sample, backup)
        changed.fingerprint = nil
        let report = try await PostgresRestore.run(changed) { Pieces(bytes: backup.bytes, size: 7) }
        #expect(report.fingerprintDigest == (try backup.result.fingerprint.digest))
    }

    @Test("names roles that are missing before it makes anything, and does without them on demand")
    func roles() async throws {
        let sample = try await Sample.make(
            "roles",
            "CREATE ROLE gone; CREATE ROLE \"gone too\"; CREATE TABLE t (a int); ALTER TABLE t OWNER TO gone; GRANT SELECT ON t TO \"gone too\""
        )
        let backup = try await sample.backUp()
        _ = try await sample.sql("DROP TABLE t; DROP ROLE gone; DROP ROLE \"gone too\"")
        let error = await #expect(throws: PostgresProtectionError.self) {
            try await PostgresRestore.run(request(sample, backup)) { Pieces(bytes: backup.bytes) }
        }
        #expect(error?.code == .missingRoles)
        #expect(error?.message.contains("\"gone\", \"gone too\"") == true)
        var without = request(sample, backup)
        without.options.noOwner = true
        without.options.noPrivileges = true
        _ = try await PostgresRestore.run(without) { Pieces(bytes: backup.bytes) }
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "0")
    }

    @Test("by a user who may not make databases is refused, with the mend")
    func createDatabase() async throws {
        let sample = try await Sample.make("nocreatedb", "CREATE ROLE plain LOGIN PASSWORD 'p'")
        let backup = try await sample.backUp()
        var other = request(sample, backup)
        other.server.user = "plain"
        other.server.password = "p"
        let refused = other
        let error = await #expect(throws: PostgresProtectionError.self) {
            try await PostgresRestore.run(refused) { Pieces(bytes: backup.bytes) }
        }
        #expect(error?.code == .insufficientPrivilege)
        #expect(error?.mend?.contains("CREATEDB") == true)
        // A dry run is told the same.
        let told = await #expect(throws: PostgresProtectionError.self) { try await PostgresRestore.check(refused) }
        #expect(told == error)
    }

    @Test("that would be refused says so when only asked, and changes nothing")
    func check() async throws {
        let sample = try await Sample.make("asked", "CREATE TABLE t (a int)")
        let backup = try await sample.backUp()
        // Other tests make databases beside this one: only names that begin as this test's do are its own.
        let own = "SELECT datname FROM pg_database WHERE datname LIKE 'asked%' ORDER BY 1"
        let before = try await sample.sql(own).rows.map { $0[0] }
        #expect(before == [sample.login.database])
        try await PostgresRestore.check(request(sample, backup))
        var wanted = request(sample, backup)
        wanted.strategy = .intoEmpty
        let full = wanted
        let error = await #expect(throws: PostgresProtectionError.self) { try await PostgresRestore.check(full) }
        #expect(error?.code == .targetNotEmpty && error?.field == "strategy")
        wanted.server.database = "asked_new"
        try await PostgresRestore.check(wanted)
        #expect(try await sample.sql(own).rows.map { $0[0] } == before)
    }

    @Test("that is cancelled leaves nothing behind")
    func cancelled() async throws {
        let sample = try await Sample.make(
            "cancelled", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
        let backup = try await sample.backUp()
        let (started, signal) = AsyncStream<Void>.makeStream()
        let login = sample.login
        let endless = request(sample, backup)
        let task = Task {
            try await PostgresRestore.run(endless) {
                Stalling(first: Array(backup.bytes.prefix(2_000_000)), started: signal)
            }
        }
        for await _ in started { break }
        #expect(
            try await PostgresRestore.state(token: "t1", server: login) == .restoring(database: "cancelled_restore_t1"))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await PostgresRestore.state(token: "t1", server: login) == .absent)
        #expect(try await sample.databases().filter { $0.hasPrefix("cancelled") } == ["cancelled"])
    }
}

/// Gives some bytes, then waits for ever.
struct Stalling: AsyncSequence, Sendable {
    var first: [UInt8]
    var started: AsyncStream<Void>.Continuation

    struct AsyncIterator: AsyncIteratorProtocol {
        var sequence: Stalling
        var given = 0
        mutating func next() async throws -> [UInt8]? {
            given += 1
            if given == 1 { return sequence.first }
            sequence.started.yield()
            try await Task.sleep(for: .seconds(600))
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }
}
