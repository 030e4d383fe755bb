public import Foundation
public import PostgreSQLClient

/// Backs up one database.
public enum PostgresBackup {
    public struct Options: Sendable, Hashable {
        /// Where `pg_dump` is. nil: the best in `PATH` and `/usr/lib/postgresql`.
        public var toolFolder: String?
        /// Bytes in a piece handed to the sink.
        public var pieceSize: Int
        /// Pieces that may wait for the sink, so that `pg_dump` does not.
        public var piecesInFlight: Int
        /// How long `pg_dump` waits for a table lock before it gives up.
        public var lockTimeout: Duration

        public init(
            toolFolder: String? = nil, pieceSize: Int = 1 << 20, piecesInFlight: Int = 4,
            lockTimeout: Duration = .seconds(300)
        ) {
            self.toolFolder = toolFolder
            self.pieceSize = pieceSize
            self.piecesInFlight = piecesInFlight
            self.lockTimeout = lockTimeout
        }
    }

    public struct Result: Sendable, Hashable, Codable {
        public var fingerprint: Fingerprint
        /// The server's clock just before the dump's snapshot was taken: the backup holds everything that was
        /// committed by then, and possibly a little more.
        public var recoveryPoint: Date
        /// `15.14 (Debian …)`
        public var serverVersion: String
        /// The version of `pg_dump`.
        public var dumpVersion: String
        /// What the server says that the database takes on its disk.
        public var databaseBytes: Int64
        public var encoding: String
        /// Bytes handed to the sink.
        public var archiveBytes: Int64
        public var startedAt: Date
        public var finishedAt: Date
        /// Objects in the archive by kind: `TABLE`, `INDEX`, `FK CONSTRAINT`, …
        public var contents: [String: Int]
    }

    /// Streams `pg_dump -Fc -Z0` of `source.database` to `sink`: a stock archive that `pg_restore` reads, in pieces of
    /// up to a megabyte, in order and one at a time. The fingerprint is of the same bytes.
    ///
    /// Nothing is written to a disk. When it throws, the bytes handed over so far are not a backup.
    /// - Throws: ``PostgresProtectionError``, `CancellationError`, or what `sink` threw.
    public static func run(
        _ source: PostgresConfiguration, options: Options = Options(),
        progress: @escaping @Sendable (PostgresProgress) -> Void = { _ in },
        sink: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Result {
        try await BackupRun(source: source, options: options, progress: progress, sink: sink).run()
    }
}

/// How far a backup or restore is. Sent a few times a second at most.
public struct PostgresProgress: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        case connecting, dumping, preparing, schema, loading, indexes, analyzing, verifying, swapping, done
    }

    public var phase: Phase
    /// Bytes of the plain archive that passed.
    public var bytes: Int64
    /// Rows that passed, loaded or were verified in this phase.
    public var rows: Int64

    public init(phase: Phase, bytes: Int64 = 0, rows: Int64 = 0) {
        self.phase = phase
        self.bytes = bytes
        self.rows = rows
    }
}
