import ControllerRuntime
import KubernetesModel
import Synchronization

/// Lets a reconciler wake its own controller, which is made after it.
final class QueueLink: Sendable {
    private let queue = Mutex<WorkQueue?>(nil)

    func connect(_ queue: WorkQueue) { self.queue.withLock { $0 = queue } }

    @Sendable func add(_ key: ObjectKey) async { await queue.withLock { $0 }?.add(key) }
}
