import KubernetesModel
import Synchronization

/// How many pieces of work of one sort may be under way, and who waits for a place.
final class WorkPlaces: Sendable {
    private struct State {
        /// The activities that have a place, by their object.
        var taken: [ObjectKey: String] = [:]
        /// In the order in which they came.
        var waiting: [ObjectKey] = []
    }

    let limit: Int
    private let state = Mutex(State())

    init(_ limit: Int) { self.limit = max(1, limit) }

    /// - Returns: Whether the activity has a place. If not, its object waits, and is among those that ``leave(_:_:)`` names.
    ///   Who waits longer comes first.
    func take(_ key: ObjectKey, _ activity: String) -> Bool {
        state.withLock { state in
            if state.taken[key] == activity { return true }
            let free = limit - state.taken.count
            let position = state.waiting.firstIndex(of: key) ?? state.waiting.count
            guard position < free, state.taken[key] == nil else {
                if position == state.waiting.count { state.waiting.append(key) }
                return false
            }
            state.waiting.removeAll { $0 == key }
            state.taken[key] = activity
            return true
        }
    }

    /// - Returns: Who may have a place now.
    func leave(_ key: ObjectKey, _ activity: String) -> [ObjectKey] {
        state.withLock { state in
            if state.taken[key] == activity { state.taken[key] = nil }
            return next(state)
        }
    }

    /// Waits no longer: who waits behind it must not wait for it.
    /// - Returns: Who may have a place now, if it did wait.
    func standAside(_ key: ObjectKey) -> [ObjectKey] {
        state.withLock { state in
            guard let position = state.waiting.firstIndex(of: key) else { return [] }
            state.waiting.remove(at: position)
            return next(state)
        }
    }

    private func next(_ state: State) -> [ObjectKey] { Array(state.waiting.prefix(max(0, limit - state.taken.count))) }

    func activity(of key: ObjectKey) -> String? { state.withLock { $0.taken[key] } }
}
