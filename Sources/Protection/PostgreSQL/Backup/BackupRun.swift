import Foundation
import PostgreSQLClient
import Processes
import Synchronization

/// One backup: asks the server what it is, then lets `pg_dump` write through the fingerprint into the sink.
struct BackupRun {
    let source: PostgresConfiguration
    let options: PostgresBackup.Options
    let sink: @Sendable ([UInt8]) async throws -> Void
    private let meter: ProgressMeter

    init(
        source: PostgresConfiguration, options: PostgresBackup.Options,
        progress: @escaping @Sendable (PostgresProgress) -> Void,
        sink: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.source = source
        self.options = options
        self.sink = sink
        meter = ProgressMeter(progress)
    }

    func run() async throws -> PostgresBackup.Result {
        let startedAt = Date()
        meter.enter(.connecting)
        let server = try await translatingErrors(source) { try await inspect() }
        let tool = try await PostgresTool.find("pg_dump", atLeast: server.major, folder: options.toolFolder)
        meter.enter(.dumping)
        let builder = try await translatingErrors(source) {
            do { return try await dump(tool) } catch let error as ProcessError {
                throw PostgresProtectionError(error, server: source)
            }
        }
        meter.enter(.done)
        return PostgresBackup.Result(
            fingerprint: builder.fingerprint, recoveryPoint: server.time, serverVersion: server.version,
            dumpVersion: tool.version, databaseBytes: server.bytes, encoding: server.encoding,
            archiveBytes: meter.bytes, startedAt: startedAt, finishedAt: Date(), contents: builder.contents)
    }

    private struct Server {
        var version: String
        var major: Int
        var time: Date
        var bytes: Int64
        var encoding: String
    }

    private func inspect() async throws -> Server {
        let connection = try await PostgresConnection.connect(source)
        let row = try await connection.query(
            """
            SELECT extract(epoch FROM clock_timestamp())::text AS time, current_setting('server_version') AS version,
              pg_database_size(oid)::text AS bytes, pg_encoding_to_char(encoding) AS encoding
            FROM pg_database WHERE datname = current_database()
            """
        ).first
        let number = await connection.serverVersion
        await connection.close()
        return Server(
            version: row?["version"] ?? "", major: number / 10000,
            time: row?["time"].flatMap(Double.init).map(Date.init(timeIntervalSince1970:)) ?? Date(),
            bytes: row?["bytes"].flatMap { Int64($0) } ?? 0, encoding: row?["encoding"] ?? "")
    }

    /// Reading and hashing run beside the sink: while one compresses, encrypts and uploads, the other empties the
    /// pipe, so that `pg_dump` waits for neither.
    private func dump(_ tool: PostgresTool) async throws -> FingerprintBuilder {
        let login = try ToolConnection(source.with(database: source.database, settings: SessionSettings.text))
        defer { login.remove() }
        let lockTimeout = options.lockTimeout.components.seconds * 1000
        let command = Command(
            tool.path,
            [
                "--format=custom", "--compress=0", "--no-password", "--lock-wait-timeout=\(lockTimeout)",
                "--dbname=\(login.connectionString)",
            ], environment: login.environment)
        let pieceSize = min(max(options.pieceSize, 4096), 64 << 20)
        // pg_dump catches the signal that ends it and exits with an error of its own, which must not hide the sink's.
        let refusal = Refusal()
        do {
            return try await withChild(command) { streams in
                let channel = BoundedChannel<[UInt8]>(capacity: options.piecesInFlight)
                return try await withThrowingTaskGroup(of: FingerprintBuilder?.self) { group in
                    // Whichever fails first ends the other, and its error is the one told.
                    group.addTask {
                        while let piece = try await channel.receive() {
                            do { try await sink(piece) } catch {
                                if !Task.isCancelled { refusal.tell(error) }
                                throw error
                            }
                        }
                        return nil
                    }
                    group.addTask {
                        let builder = try await read(streams.output, pieceSize: pieceSize, into: channel)
                        channel.finish()
                        return builder
                    }
                    var finished = FingerprintBuilder()
                    for try await builder in group { finished = builder ?? finished }
                    return finished
                }
            }
        } catch {
            throw refusal.error ?? error
        }
    }

    private func read(
        _ pipe: PipeEnd, pieceSize: Int, into channel: BoundedChannel<[UInt8]>
    ) async throws -> FingerprintBuilder {
        var parser = ArchiveParser()
        var builder = FingerprintBuilder()
        var told: Int64 = 0
        while true {
            let piece = try await pipe.readFully(pieceSize)
            if piece.isEmpty { break }
            try piece.withUnsafeBytes { try parser.consume($0, &builder) }
            meter.add(bytes: piece.count, rows: builder.rows - told)
            told = builder.rows
            try await channel.send(piece)
        }
        try parser.finish()
        return builder
    }
}

/// Why the sink refused a piece.
private final class Refusal: Sendable {
    private let state = Mutex<(any Error)?>(nil)

    var error: (any Error)? { state.withLock { $0 } }
    func tell(_ error: any Error) { state.withLock { $0 = error } }
}
