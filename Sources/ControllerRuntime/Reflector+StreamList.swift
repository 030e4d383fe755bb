import KubernetesClient
import KubernetesModel
import Synchronization

/// What a streaming list has brought so far.
private final class Listing<R: KubernetesResource>: Sendable {
    struct State {
        /// What has come; nil once the end of it has.
        var initial: [R]? = []
        var version = ""
    }

    let state = Mutex(State())

    var isDone: Bool { state.withLock { $0.initial == nil } }
    var version: String { state.withLock { $0.version } }

    func add(_ object: R) { state.withLock { $0.initial?.append(object) } }
    func saw(_ version: String) { state.withLock { $0.version = version } }

    func end(_ version: String) -> [R]? {
        state.withLock { state in
            state.version = version
            defer { state.initial = nil }
            return state.initial
        }
    }
}

extension Reflector {
    /// A list over the watch, which then goes on as a watch.
    func streamList(_ machine: inout ReflectorMachine) async throws -> ReflectorMachine.Event {
        let listing = Listing<R>()
        var failure: (any Error)?
        do {
            try await race(listing)
        } catch {
            failure = error
        }
        guard listing.isDone else {
            if let failure { throw failure }
            return .streamListFailed(isUnknown: true)
        }
        // What failed after the end of the list has failed as a watch.
        _ = machine.next(.listed(resourceVersion: listing.version))
        guard let failure else { return .watchEnded(lasted: true) }
        return classify(failure, at: machine.step)
    }

    /// The stream against its deadline, which counts only as long as the list has not ended.
    private func race(_ listing: Listing<R>) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await stream(listing)
                return true
            }
            group.addTask {
                try? await Task.sleep(for: timing.streamDeadline)
                return false
            }
            defer { group.cancelAll() }
            while let hasEnded = try await group.next() {
                if hasEnded { return }
                if listing.isDone { continue }
                throw KubernetesError(
                    reason: .malformed, status: APIStatus(message: "the streaming list has no end"), code: 200,
                    request: R.resourceType.groupResource)
            }
        }
    }

    private func stream(_ listing: Listing<R>) async throws {
        let start = WatchStart(
            resourceVersion: "", sendsInitialEvents: true, timeoutSeconds: .random(in: timing.watchTimeout))
        try await informer.client.watch(
            R.self, namespace: namespace, from: start, silence: timing.silence, onBytes: { informer.contact(namespace) }
        ) { event in
            if listing.isDone {
                if let version = try await follow(event) { listing.saw(version) }
                return
            }
            switch event {
            case .added(let object): listing.add(object)
            case .bookmark(let version, endsInitialEvents: true):
                if let all = listing.end(version) { await informer.replace(all, in: namespace) }
                informer.saw(version, in: namespace)
                informer.markSynced(namespace)
            case .bookmark, .modified, .deleted: break
            case .error, .unreadable: _ = try await follow(event)
            }
        }
    }
}
