import ControllerRuntime
import KubernetesModel
import ObjectStore
import Synchronization

/// Stores that failed somebody since they were last probed: they are probed now and not in ten minutes, so that what people
/// read of a store is what its users meet.
final class StoreDoubts: Sendable {
    private let doubted = Mutex<Set<ObjectKey>>([])
    private let queue = QueueLink()

    func connect(_ queue: WorkQueue) { self.queue.connect(queue) }

    /// - Parameter error: one that says nothing about the store as a whole does nothing.
    func cast(on store: ObjectKey, _ error: any Error) async {
        guard Self.concernsStore(error), doubted.withLock({ $0.insert(store).inserted }) else { return }
        await queue.add(store)
    }

    func hold(_ store: ObjectKey) -> Bool { doubted.withLock { $0.contains(store) } }

    /// It is being probed: what fails from now on is news.
    func settle(_ store: ObjectKey) { doubted.withLock { _ = $0.remove(store) } }

    static func concernsStore(_ error: any Error) -> Bool {
        switch error {
        case let error as BackupWork.Incomplete: concernsStore(error.cause)
        case let error as ObjectStoreError:
            switch error.code {
            case .unreachable, .unclear, .noSuchBucket, .accessDenied, .invalidCredentials, .untrusted, .full: true
            case .notFound, .preconditionFailed, .corrupt, .throttled, .badKey, .unsupported, .other: false
            }
        default: false
        }
    }
}
