import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

extension Informer {
    /// Nothing, not even a bookmark, for so long: the connection is dead, whatever TCP thinks.
    static var silence: Duration { .seconds(90) }

    /// Lists and watches until cancelled. Never ends by itself: every failure is waited out.
    public func run() async {
        var machine = ReflectorMachine()
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let event = await perform(&machine)
            if ContinuousClock.now - began > .seconds(120) { machine.calmed() }
            let delay = machine.next(event)
            if delay > .zero {
                logger.debug("the watch waits", metadata: ["next": "\(machine.step)", "delay": "\(delay)"])
                try? await Task.sleep(for: delay * Double.random(in: 0.5...1.0))
            }
        }
    }

    private func perform(_ machine: inout ReflectorMachine) async -> ReflectorMachine.Event {
        do {
            switch machine.step {
            case .list(let version):
                let list = try await listAll(version)
                for name in list.unreadable { logger.warning("an object cannot be read", metadata: ["object": "\(name)"]) }
                await replace(list.items)
                markSynced()
                return .listed(resourceVersion: list.resourceVersion)
            case .streamList: return try await streamList(&machine)
            case .watch(let version):
                let began = ContinuousClock.now
                let events = try await watch(from: version, &machine)
                return .watchEnded(lasted: events > 0 || ContinuousClock.now - began > .seconds(1))
            }
        } catch let error as KubernetesError where error.isExpired || isTooLarge(error) {
            return .expired
        } catch {
            if !Task.isCancelled {
                logger.warning("list and watch failed", metadata: ["step": "\(machine.step)", "error": "\(error)"])
            }
            let wait = (error as? KubernetesError)?.retryAfter.map { Duration.seconds($0) }
            if machine.step == .streamList { return .streamListFailed }
            return .failed(retryAfter: wait)
        }
    }

    private func isTooLarge(_ error: KubernetesError) -> Bool {
        error.status.details?.causes?.contains { $0.reason == "ResourceVersionTooLarge" } ?? false
    }

    /// Pages only without a version: a limit makes the server go past its cache.
    private func listAll(_ version: String) async throws -> ResourceList<R> {
        if version.isEmpty { return try await client.list(R.self, namespace: namespace) }
        return try await client.listOnce(R.self, namespace: namespace, resourceVersion: version)
    }

    private func streamList(_ machine: inout ReflectorMachine) async throws -> ReflectorMachine.Event {
        var initial: [R]? = []
        var version = ""
        let start = WatchStart(resourceVersion: "", sendsInitialEvents: true, timeoutSeconds: watchTimeout())
        contact()
        try await client.watch(R.self, namespace: namespace, from: start, silence: Self.silence, onBytes: contact) { event in
                switch event {
                case .added(let object) where initial != nil: initial?.append(object)
                case .bookmark(let at, let ends):
                    version = at
                    if ends, let all = initial {
                        initial = nil
                        await replace(all)
                        markSynced()
                    }
                default:
                    guard initial == nil else { throw ended(event) }
                    version = try await follow(event) ?? version
                }
            }
        guard initial == nil else { return .streamListFailed }
        machine.saw(resourceVersion: version)
        return .listed(resourceVersion: version)
    }

    private func watch(from version: String, _ machine: inout ReflectorMachine) async throws -> Int {
        var count = 0
        var newest = version
        defer { machine.saw(resourceVersion: newest) }
        let start = WatchStart(resourceVersion: version, timeoutSeconds: watchTimeout())
        contact()
        try await client.watch(R.self, namespace: namespace, from: start, silence: Self.silence, onBytes: contact) { event in
            count += 1
            newest = try await follow(event) ?? newest
        }
        return count
    }

    /// - Returns: the version that is now known.
    private func follow(_ event: WatchEvent<R>) async throws -> String? {
        switch event {
        case .added(let object), .modified(let object):
            await set(object)
            return object.metadata.resourceVersion
        case .deleted(let object):
            await remove(object.reference)
            return object.metadata.resourceVersion
        case .bookmark(let version, _): return version
        case .error(let error): throw error
        case .unreadable(let text):
            logger.warning("a watch event cannot be read", metadata: ["error": "\(text)"])
            return nil
        }
    }

    private func ended(_ event: WatchEvent<R>) -> any Error {
        if case .error(let error) = event { return error }
        return CancellationError()
    }

    private func watchTimeout() -> Int { Int.random(in: 300...600) }
    @Sendable private func contact() { lastContact.withLock { $0 = .now } }
}
