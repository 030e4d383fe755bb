public import Foundation
public import PostgreSQLClient

/// Brings a database back from an archive.
public enum PostgresRestore {
    public enum Strategy: String, Sendable, Hashable, Codable, CaseIterable {
        /// Into a new database, proven there, then renamed into place; the damaged one is kept.
        case swap = "Swap"
        /// As `swap`, but the damaged one is dropped after the success.
        case replace = "Replace"
        /// Straight into a database that is empty or not there.
        case intoEmpty = "IntoEmpty"
    }

    public enum Verification: String, Sendable, Hashable, Codable, CaseIterable {
        /// The number of rows of every table, and the sequences.
        case counts = "Counts"
        /// Every row, every sequence and every large object.
        case rows = "Rows"
    }

    public struct Request: Sendable {
        /// The login, and the database to bring back as `server.database`.
        public var server: PostgresConfiguration
        public var strategy: Strategy
        public var verification: Verification
        /// Names this restore for ever: the same token goes on with it or finds it done. Letters, digits, `-`, `_`.
        public var token: String
        /// The plain archive's SHA-256 or another name of it: a restore with the same token and another artifact
        /// starts over.
        public var artifact: String
        /// What the backup recorded. nil: taken from the archive as it passes.
        public var fingerprint: Fingerprint?
        public var options: Options

        public init(
            server: PostgresConfiguration, token: String, artifact: String, strategy: Strategy = .swap,
            verification: Verification = .counts, fingerprint: Fingerprint? = nil, options: Options = Options()
        ) {
            self.server = server
            self.strategy = strategy
            self.verification = verification
            self.token = token
            self.artifact = artifact
            self.fingerprint = fingerprint
            self.options = options
        }
    }

    public struct Options: Sendable, Hashable {
        /// Connections that load, and processes that build indexes, at a time.
        public var jobs: Int
        /// Do not restore who owns what: everything belongs to the login's user.
        public var noOwner: Bool
        /// Do not restore GRANT and REVOKE.
        public var noPrivileges: Bool
        /// Put everything into the default tablespace of the database, and that into the server's.
        public var noTablespaces: Bool
        /// Collect statistics before the database is given to its users.
        public var analyze: Bool
        /// Where `pg_restore` is. nil: the best in `PATH` and `/usr/lib/postgresql`.
        public var toolFolder: String?
        /// A database to connect to for CREATE and RENAME; must not be the one restored.
        public var maintenanceDatabase: String
        /// `maintenance_work_mem` for index builds in megabytes. nil: what is fastest, see `PostDataPlan`.
        public var maintenanceMemory: Int?
        /// Only to prove the backup: what is about the server that it came from rather than about the data is left out
        /// where this server does not have it: tablespaces, security labels, subscriptions, the database's locale, and policies without ``makesRoles``.
        public var isProof: Bool
        /// Roles that the archive names and the server does not have are made, without the right to log in.
        public var makesRoles: Bool

        public init(
            jobs: Int = 2, noOwner: Bool = false, noPrivileges: Bool = false, noTablespaces: Bool = false,
            analyze: Bool = true,
            toolFolder: String? = nil, maintenanceDatabase: String = "postgres", maintenanceMemory: Int? = nil,
            isProof: Bool = false, makesRoles: Bool = false
        ) {
            self.jobs = jobs
            self.noOwner = noOwner
            self.noPrivileges = noPrivileges
            self.noTablespaces = noTablespaces
            self.analyze = analyze
            self.toolFolder = toolFolder
            self.maintenanceDatabase = maintenanceDatabase
            self.maintenanceMemory = maintenanceMemory
            self.isProof = isProof
            self.makesRoles = makesRoles
        }
    }

    /// What the server says about a token: read from the databases' names and comments.
    public enum State: Sendable, Hashable {
        /// Nothing of this token is there. Next: run.
        case absent
        /// A half-restored database is there. Next: run, which drops it and starts over.
        case restoring(database: String)
        /// Restored and proven, not yet in place. Next: run, which only swaps.
        case verified(database: String)
        /// Done. `kept` is the damaged database, if there was one and it was kept.
        case done(database: String, kept: String?)
    }

    public struct Report: Sendable, Hashable, Codable {
        public var strategy: Strategy
        public var verification: Verification
        /// The database that is in place now.
        public var database: String
        /// The damaged one, kept.
        public var keptDatabase: String?
        /// An earlier run had done it: this one changed nothing.
        public var wasAlreadyDone: Bool
        /// The artifact that is in place: another than was asked for where the restore with this token was done with that, or
        /// another restore has followed. nil: nobody knows, the database is gone.
        public var artifact: String?
        /// Of the artifact that was asked for; 0 where another is in place, or nothing was recorded and nothing loaded.
        public var rows: Int64
        public var tables: Int
        /// Bytes of the plain archive that were read.
        public var archiveBytes: Int64
        public var startedAt: Date
        public var finishedAt: Date
        /// Seconds spent in each phase.
        public var phaseSeconds: [String: Double]
        public var fingerprintDigest: String?
        /// What is left to a person, in words.
        public var notes: [String] = []
    }

    /// Asks the server how far the restore with this token is. Changes nothing.
    /// - Throws: ``PostgresProtectionError``.
    public static func state(
        token: String, server: PostgresConfiguration, maintenanceDatabase: String = "postgres"
    ) async throws -> State {
        try await Landscape.read(token: token, server: server, maintenanceDatabase: maintenanceDatabase).state
    }

    /// Whether the server would let ``run(_:progress:archive:)`` begin: the login's rights, names that are free, and for
    /// `IntoEmpty` an empty target. Changes nothing, and reads nothing of the archive.
    /// - Throws: ``PostgresProtectionError``, `CancellationError`.
    public static func check(_ request: Request) async throws {
        try await RestoreRun(request: request, progress: { _ in }).check()
    }

    /// Restores, proves and puts in place. Killed anywhere, the same call goes on where it can and starts over where
    /// it must; what is in use is not touched before the new database is proven.
    ///
    /// - Parameter archive: makes a stream of the plain archive; called once, or not at all when nothing is to load.
    /// - Throws: ``PostgresProtectionError``, `CancellationError`, or what the stream threw.
    public static func run<Source: AsyncSequence & Sendable>(
        _ request: Request, progress: @escaping @Sendable (PostgresProgress) -> Void = { _ in },
        archive: @escaping @Sendable () async throws -> Source
    ) async throws -> Report where Source.Element == [UInt8] {
        try await RestoreRun(request: request, progress: progress).run(archive: archive)
    }
}
