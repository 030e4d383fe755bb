import BackupArchive
import Foundation
import KubernetesModel
import Logging
import ObjectStore
import RecoveryAPI
import Synchronization

/// Keeps the journals and timelines of the runs in their stores, beside the passes of the reconciler: a store that is away or
/// swallows what it is sent delays a recovery by seconds, and the journal follows when it is back.
///
/// **Guarantees.** One write at a time for each run, of the newest status: an older one never comes after a newer.
final class JournalWriter: Sendable {
    private struct Book {
        var run: RecoveryRun
        var store: any ObjectStore
        var version = 0
        var written = 0
        var isWriting = false
        var isSlow = false
        var readers: [AsyncStream<Void>.Continuation] = []
    }

    private static let limit = Duration.seconds(30)

    private let activities: ActivityRunner
    private let logger: Logger
    private let patience: Duration
    private let pause: Duration
    /// By the run's UID.
    private let books = Mutex<[String: Book]>([:])

    /// - Parameters:
    ///   - patience: how long a step waits for its journal; a fifth of it once the store was not quick.
    ///   - pause: between a write that failed and the next.
    init(activities: ActivityRunner, logger: Logger, patience: Duration = .seconds(5), pause: Duration = .seconds(5)) {
        self.activities = activities
        self.logger = logger
        self.patience = patience
        self.pause = pause
    }

    /// Has a status written, soon.
    func write(_ run: RecoveryRun, _ uid: String, to store: any ObjectStore) {
        let isIdle = books.withLock { books in
            var book = books[uid] ?? Book(run: run, store: store)
            book.run = run
            book.store = store
            book.version += 1
            defer { books[uid] = book }
            guard !book.isWriting else { return false }
            book.isWriting = true
            return true
        }
        if isIdle { activities.start("journal/\(uid)/\(UUID().uuidString)") { [self] in await drain(uid) } }
    }

    /// Returns when what was given so far is written, or after some seconds.
    func settle(_ uid: String) async {
        let (stream, reader) = AsyncStream<Void>.makeStream()
        let limit = books.withLock { [patience] books -> Duration? in
            guard let book = books[uid], book.written < book.version else { return nil }
            books[uid]?.readers.append(reader)
            return book.isSlow ? patience / 5 : patience
        }
        guard let limit else { return }
        let isDone: Bool? = try? await within(limit) {
            for await _ in stream {}
            return true
        }
        if isDone == nil { books.withLock { $0[uid]?.isSlow = true } }
    }

    /// Of a run that is over.
    func forget(_ uid: String) {
        let book = books.withLock { $0.removeValue(forKey: uid) }
        for reader in book?.readers ?? [] { reader.finish() }
    }

    private func drain(_ uid: String) async {
        while let next = next(uid) {
            do {
                try await put(next)
                finished(uid, next.version)
            } catch {
                guard !Task.isCancelled else { return stopped(uid) }
                // A store that is away must not stop a recovery: the status in the API says the same.
                logger.warning(
                    "the journal was not written", metadata: ["run": "\(next.run.reference)", "error": "\(error)"])
                books.withLock { $0[uid]?.isSlow = true }
                do { try await Task.sleep(for: pause) } catch { return stopped(uid) }
            }
        }
    }

    private func stopped(_ uid: String) { books.withLock { $0[uid]?.isWriting = false } }

    private func put(_ book: Book) async throws {
        let (run, store) = (book.run, book.store)
        let name = (run.namespace, run.spec.planRef.name, run.name)
        let isDone: Bool? = try await within(Self.limit) {
            _ = try await store.put(
                BucketLayout.journal(namespace: name.0, plan: name.1, run: name.2), RunJournal.lines(run), .none)
            _ = try await store.put(
                BucketLayout.timeline(namespace: name.0, plan: name.1, run: name.2),
                Array(RunJournal.timeline(run).utf8), .none)
            return true
        }
        if isDone == nil { throw ObjectStoreError(.unreachable, "the store did not answer within \(Self.limit)") }
    }

    private func next(_ uid: String) -> Book? {
        books.withLock { books in
            guard let book = books[uid] else { return nil }
            if book.written < book.version { return book }
            books[uid]?.isWriting = false
            return nil
        }
    }

    private func finished(_ uid: String, _ version: Int) {
        let readers = books.withLock { books -> [AsyncStream<Void>.Continuation] in
            books[uid]?.written = version
            books[uid]?.isSlow = false
            guard let book = books[uid], book.written == book.version else { return [] }
            books[uid]?.readers = []
            return book.readers
        }
        for reader in readers { reader.finish() }
    }
}
