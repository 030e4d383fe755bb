import Foundation
import PostgreSQLClient

/// One restore, from what the server's databases say about it to the end.
struct RestoreRun {
    let request: PostgresRestore.Request
    let meter: ProgressMeter
    let clock = PhaseClock()
    let startedAt = Date()

    init(request: PostgresRestore.Request, progress: @escaping @Sendable (PostgresProgress) -> Void) {
        self.request = request
        meter = ProgressMeter(progress)
    }

    var target: String { request.server.database }
    var names: RestoreNames { RestoreNames(target: target, token: request.token) }

    private var maintenanceLogin: PostgresConfiguration {
        Landscape.maintenanceLogin(request.server, maintenanceDatabase: request.options.maintenanceDatabase)
    }

    func run<Source: AsyncSequence & Sendable>(
        archive: @escaping @Sendable () async throws -> Source
    ) async throws -> PostgresRestore.Report where Source.Element == [UInt8] {
        try await translatingErrors(request.server) {
            enter(.connecting)
            return try await PostgresConnection.with(maintenanceLogin) { try await run(on: $0, archive: archive) }
        }
    }

    /// What a restore would be refused for before it reads the archive; changes nothing.
    func check() async throws {
        try await translatingErrors(request.server) {
            try await PostgresConnection.with(maintenanceLogin) { maintenance in
                let landscape = try await Landscape.read(token: request.token, target: target, on: maintenance)
                switch landscape.state {
                case .done, .verified: break
                case .absent, .restoring:
                    let swap = DatabaseSwap(request: request, names: names, maintenance: maintenance)
                    try await requirements(landscape, swap, maintenance)
                }
            }
        }
    }

    private func requirements(_ landscape: Landscape, _ swap: DatabaseSwap, _ maintenance: PostgresConnection)
        async throws
    {
        try await RoleCheck.requireCreateDatabase(on: maintenance, server: request.server)
        try swap.requireFreeNames(landscape)
        if request.strategy == .intoEmpty { try await swap.requireEmptyTarget(landscape) }
    }

    private func run<Source: AsyncSequence & Sendable>(
        on maintenance: PostgresConnection, archive: @escaping @Sendable () async throws -> Source
    ) async throws -> PostgresRestore.Report where Source.Element == [UInt8] {
        try await lock(maintenance)
        let landscape = try await Landscape.read(token: request.token, target: target, on: maintenance)
        let swap = DatabaseSwap(request: request, names: names, maintenance: maintenance)
        // What was loaded earlier has the numbers that the backup recorded: it was compared with them.
        var loaded = LoadSummary(request.fingerprint)
        var inPlace: String? = request.artifact
        var wasAlreadyDone = false
        switch landscape.state {
        case .done:
            wasAlreadyDone = true
            inPlace = landscape.artifactInPlace
            if inPlace != request.artifact { loaded = LoadSummary() }
        case .verified(let scratch) where landscape.scratch?.marker?.artifact == request.artifact:
            enter(.swapping)
            try await swap.perform(scratch: scratch)
        case .absent, .restoring, .verified:
            try await requirements(landscape, swap, maintenance)
            loaded = try await makeAndProve(landscape, on: maintenance, archive: archive)
            enter(.swapping)
            try await swap.perform(scratch: names.scratch)
        }
        let kept = try await swap.finish()
        // The database is in place: what cannot be asked now ends nothing.
        let notes = (try? await swap.notes(kept: kept)) ?? []
        enter(.done)
        return PostgresRestore.Report(
            strategy: request.strategy, verification: request.verification, database: target, keptDatabase: kept,
            wasAlreadyDone: wasAlreadyDone, artifact: inPlace, rows: loaded.rows, tables: loaded.tables,
            archiveBytes: meter.bytes,
            startedAt: startedAt, finishedAt: Date(), phaseSeconds: clock.seconds, fingerprintDigest: loaded.digest,
            notes: notes)
    }

    /// Makes the new database; on any failure, cancellation included, it is dropped again.
    private func makeAndProve<Source: AsyncSequence & Sendable>(
        _ landscape: Landscape, on maintenance: PostgresConnection,
        archive: @escaping @Sendable () async throws -> Source
    ) async throws -> LoadSummary where Source.Element == [UInt8] {
        enter(.preparing)
        let scratch = ScratchDatabase(request: request, names: names, maintenance: maintenance)
        try await scratch.removeLeftOver(landscape)
        do {
            let source = try await archive()
            return try await DatabaseLoad(run: self, scratch: scratch).perform(source, landscape: landscape)
        } catch {
            // A server that crashed has lost what was not on its disk yet, and whatever failed after that follows from it.
            // Its sessions end with it, this one too.
            let answer = Task.isCancelled ? nil : try? await maintenance.query("SELECT 1")
            let isGone = answer == nil
            // In a task of its own, since this one may be cancelled; awaited, so nothing is left behind.
            await Task { try? await scratch.drop() }.value
            if isGone, !Task.isCancelled {
                throw PostgresProtectionError(
                    .connectionLost,
                    "the server ended its sessions in the middle of the restore, which starts over: \(error)",
                    isRetriable: true)
            }
            throw error
        }
    }

    func enter(_ phase: PostgresProgress.Phase) {
        clock.enter(phase)
        meter.enter(phase)
    }

    /// Two restores of one database must not work at the same time: a lock that goes with the session.
    private func lock(_ connection: PostgresConnection) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let row = try await connection.query(
                "SELECT pg_catalog.pg_try_advisory_lock(1146241616, pg_catalog.hashtext($1))", [target]
            ).first
            if row?[0] == "t" { return }
            guard ContinuousClock.now < deadline else {
                throw PostgresProtectionError(
                    .busy, "another restore of \"\(target)\" is under way", isRetriable: true)
            }
            // A session of a killed process ends within moments.
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// What was loaded, for the report.
struct LoadSummary: Sendable {
    var rows: Int64 = 0
    var tables = 0
    var digest: String?
}

extension LoadSummary {
    init(_ fingerprint: Fingerprint?) {
        guard let fingerprint else {
            self.init()
            return
        }
        self.init(rows: fingerprint.totalRows, tables: fingerprint.tables.count, digest: try? fingerprint.digest)
    }
}
