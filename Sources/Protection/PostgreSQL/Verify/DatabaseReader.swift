import PostgreSQLClient

/// Reads what a database holds, over several connections, as its backup read it.
struct DatabaseReader {
    let database: PostgresConfiguration
    let jobs: Int
    let meter: ProgressMeter
    let pace: Pace

    /// When the connections begin to read.
    struct Pace: Sendable {
        var atOnce = Int.max
        /// The others begin when this is finished: something else needs the processors until then.
        var others: BoundedChannel<Never>?
    }

    init(database: PostgresConfiguration, jobs: Int, progress: @escaping @Sendable (PostgresProgress) -> Void) {
        self.init(database: database, jobs: jobs, meter: ProgressMeter(progress))
    }

    init(database: PostgresConfiguration, jobs: Int, meter: ProgressMeter, pace: Pace = Pace()) {
        self.database = database.with(database: database.database, settings: SessionSettings.reading)
        self.jobs = max(1, jobs)
        self.meter = meter
        self.pace = pace
    }

    /// Every row of the tables of `expected`, its sequences, and all large objects.
    func fingerprint(like expected: Fingerprint) async throws -> Fingerprint {
        try await translatingErrors(database) {
            try await readTables(expected, isCounting: false)
        }
    }

    func differences(
        from expected: Fingerprint, verification: PostgresRestore.Verification
    ) async throws -> [PostgresVerification.Difference] {
        let isCounting = verification == .counts
        let found = try await translatingErrors(database) { try await readTables(expected, isCounting: isCounting) }
        return FingerprintComparison.differences(expected: expected, found: found, onlyCounts: isCounting)
    }

    private func readTables(_ expected: Fingerprint, isCounting: Bool) async throws -> Fingerprint {
        meter.enter(.verifying)
        let planner = try await PostgresConnection.connect(database)
        let plan = try await ReadingPlan(connection: planner, expected: expected, isCounting: isCounting)
        let sequences = try await sequences(expected.sequences, on: planner)
        let objects = try await LargeObjectReader.read(on: planner, isCounting: isCounting)
        await planner.close()

        let work = WorkList(plan.parts)
        var tables = plan.tables
        try await withThrowingTaskGroup(of: [(table: Int, found: TableSum)].self) { group in
            for lane in 0..<min(jobs, max(1, plan.parts.count)) {
                group.addTask {
                    if lane >= pace.atOnce { _ = try await pace.others?.receive() }
                    let connection = try await PostgresConnection.connect(database)
                    var sums: [(Int, TableSum)] = []
                    while let part = work.next() {
                        let found = try await part.read(on: connection)
                        meter.add(rows: found.rows)
                        sums.append((part.table, found))
                    }
                    await connection.close()
                    return sums
                }
            }
            for try await sums in group {
                for (index, found) in sums {
                    tables[index].rows += found.rows
                    tables[index].bytes += found.bytes
                    tables[index].checksum += found.sum
                }
            }
        }
        return Fingerprint(tables: tables, sequences: sequences, largeObjects: objects)
    }

    private func sequences(
        _ expected: [Fingerprint.Sequence], on connection: PostgresConnection
    ) async throws -> [Fingerprint.Sequence] {
        var found: [Fingerprint.Sequence] = []
        for sequence in expected {
            let name = PostgresIdentifier.quote(sequence.schema, sequence.name)
            do {
                let row = try await connection.query("SELECT last_value, is_called FROM \(name)").first
                guard let value = row?[0].flatMap({ Int64($0) }) else { continue }
                found.append(
                    Fingerprint.Sequence(
                        schema: sequence.schema, name: sequence.name, lastValue: value, isCalled: row?[1] == "t"))
            } catch let error as PostgresError where error.code == .undefinedObject {
                continue
            }
        }
        return found
    }
}

/// What the rows of a part of a table add up to.
struct TableSum: Sendable {
    var rows: Int64 = 0
    var bytes: Int64 = 0
    var sum = RowSum()
}
