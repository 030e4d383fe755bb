import PostgreSQLClient

/// Loads an archive's rows over several connections while it streams. A single large table is spread over all of them:
/// its rows come in pieces of whole rows, and each piece goes to the connection that is free first.
struct ArchiveLoader {
    let database: PostgresConfiguration
    let jobs: Int
    let meter: ProgressMeter

    struct Outcome: Sendable {
        var router: ArchiveRouter
        /// Rows that COPY said it stored, by the index of the entry.
        var rows: [Int: Int64]
    }

    /// Reads up to the end of the table of contents, then calls `prepare`, then loads the rest.
    /// - Parameter spool: takes the blocks that are not rows.
    /// - Throws: ``ArchiveError`` when the archive is cut off or damaged.
    func load<Source: AsyncSequence & Sendable>(
        _ source: Source, makesFingerprint: Bool, prepare: @Sendable (ArchiveRouter) async throws -> Void,
        spool: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Outcome where Source.Element == [UInt8] {
        var parser = ArchiveParser()
        var router = ArchiveRouter(makesFingerprint: makesFingerprint)
        var iterator = source.makeAsyncIterator()
        while router.prefix == nil {
            guard let piece = try await iterator.next() else {
                try parser.finish()
                throw ArchiveError(code: .truncated, message: "it has no contents", offset: 0)
            }
            meter.add(bytes: piece.count)
            try piece.withUnsafeBytes { try parser.consume($0, &router) }
        }
        try await prepare(router)
        meter.enter(.loading)

        let channel = BoundedChannel<ArchiveRouter.Piece>(capacity: jobs + 2)
        let entries = router.entries
        return try await withThrowingTaskGroup(of: [Int: Int64].self) { group in
            for _ in 0..<jobs {
                group.addTask { try await work(channel, entries: entries) }
            }
            // A loader that fails ends the group's other tasks, but this is the group's own body: it is told here.
            while true {
                for piece in router.takePieces() {
                    do { try await channel.send(piece) } catch is ChannelClosed {
                        while try await group.next() != nil {}
                        throw CancellationError()
                    }
                }
                let blocks = router.takeSpool()
                if !blocks.isEmpty { try await spool(blocks) }
                guard let piece = try await iterator.next() else { break }
                meter.add(bytes: piece.count)
                try piece.withUnsafeBytes { try parser.consume($0, &router) }
            }
            try parser.finish()
            channel.finish()
            var total: [Int: Int64] = [:]
            while let rows = try await group.next() { total.merge(rows, uniquingKeysWith: +) }
            return Outcome(router: router, rows: total)
        }
    }

    private func work(
        _ channel: BoundedChannel<ArchiveRouter.Piece>, entries: [ArchiveEntry]
    ) async throws -> [Int: Int64] {
        do {
            var copier = try await RowCopier(connection: .connect(database), entries: entries)
            while let piece = try await channel.receive() { try await copier.add(piece) }
            return try await copier.finish()
        } catch {
            channel.close()
            throw error
        }
    }
}
