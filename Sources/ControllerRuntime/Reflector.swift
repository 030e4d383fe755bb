import KubernetesClient
import KubernetesModel
import Logging

/// Lists and watches one namespace, or all, into the informer's cache.
struct Reflector<R: KubernetesResource>: Sendable {
    let informer: Informer<R>
    let namespace: String?
    let timing: InformerTiming

    init(_ informer: Informer<R>, namespace: String?) {
        self.informer = informer
        self.namespace = namespace
        timing = informer.timing
    }

    /// Until cancelled. Never ends by itself: every failure is waited out.
    func run() async {
        var machine = ReflectorMachine()
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let event = await perform(&machine)
            if ContinuousClock.now - began > timing.peace { machine.calmed() }
            // A server that asks for more is asked again all the same: nothing is seen meanwhile.
            let delay = min(timing.longestWait, machine.next(event, jitter: .random(in: 0...1)))
            if delay > .zero, !Task.isCancelled {
                informer.logger.debug("the watch waits", metadata: ["next": "\(machine.step)", "delay": "\(delay)"])
                try? await Task.sleep(for: delay * timing.pace)
            }
        }
    }

    func perform(_ machine: inout ReflectorMachine) async -> ReflectorMachine.Event {
        informer.contact(namespace)
        do {
            switch machine.step {
            case .list(let version):
                let list = try await listAll(version)
                for name in list.unreadable {
                    informer.logger.warning("an object cannot be read", metadata: ["object": "\(name)"])
                }
                await informer.replace(list.items, in: namespace)
                informer.saw(list.resourceVersion, in: namespace)
                informer.markSynced(namespace)
                return .listed(resourceVersion: list.resourceVersion)
            case .streamList: return try await streamList(&machine)
            case .watch(let version): return try await watch(from: version, &machine)
            }
        } catch {
            return classify(error, at: machine.step)
        }
    }

    func classify(_ error: any Error, at step: ReflectorMachine.Step) -> ReflectorMachine.Event {
        guard !Task.isCancelled, let error = error as? KubernetesError else { return .failed(retryAfter: nil) }
        if error.isExpired || error.isVersionTooLarge { return .expired }
        // An idle server without bookmarks: nothing is wrong that a new connection would not mend.
        if error.isSilence, case .watch = step { return .watchEnded(lasted: true) }
        // Nothing is wrong: a server of an older store has lists, and they are what comes next.
        let isRefusedStream =
            step == .streamList && ([.invalid, .badRequest].contains(error.reason) || error.isMissingStorageFeature)
        informer.logger.log(
            level: isRefusedStream ? .debug : .warning,
            isRefusedStream ? "the server streams no lists" : "list and watch failed",
            metadata: ["step": "\(step)", "error": "\(error)"])
        let wait = error.retryAfter.map { Duration.seconds($0) }
        if isRefusedStream { return .streamListFailed(isUnknown: true) }
        switch (step, error.reason) {
        case (.streamList, .tooManyRequests), (.streamList, .unauthorized), (.streamList, .forbidden):
            return .failed(retryAfter: wait)
        case (.streamList, .malformed): return .streamListFailed(isUnknown: true)
        case (.streamList, _): return .streamListFailed(isUnknown: false)
        case (.watch, .unreachable), (.watch, .tooManyRequests), (.watch, .serviceUnavailable), (.watch, .timeout),
            (.watch, .serverTimeout), (.watch, .unauthorized), (.watch, .forbidden), (.watch, .notFound):
            return .failed(retryAfter: wait)
        case (.watch, _): return .refused
        case (.list, _): return .failed(retryAfter: wait)
        }
    }

    /// Pages only without a version: a limit makes the server go past its cache.
    private func listAll(_ version: String) async throws -> ResourceList<R> {
        if version.isEmpty { return try await informer.client.list(R.self, namespace: namespace) }
        return try await informer.client.listOnce(R.self, namespace: namespace, resourceVersion: version)
    }

    private func watch(
        from version: String, _ machine: inout ReflectorMachine
    ) async throws -> ReflectorMachine.Event {
        var newest = version
        defer { machine.saw(resourceVersion: newest) }
        let began = ContinuousClock.now
        let start = WatchStart(resourceVersion: version, timeoutSeconds: .random(in: timing.watchTimeout))
        try await informer.client.watch(
            R.self, namespace: namespace, from: start, silence: timing.silence, onBytes: { informer.contact(namespace) }
        ) { event in
            newest = try await follow(event) ?? newest
        }
        return .watchEnded(lasted: newest != version || ContinuousClock.now - began > timing.shortestWatch)
    }

    /// - Returns: the version that is now known.
    func follow(_ event: WatchEvent<R>) async throws -> String? {
        let version: String?
        switch event {
        case .added(let object), .modified(let object):
            await informer.set(object)
            version = object.metadata.resourceVersion
        case .deleted(let object):
            await informer.remove(object.reference)
            version = object.metadata.resourceVersion
        case .bookmark(let newest, _): version = newest.isEmpty ? nil : newest
        case .error(let error): throw error
        case .unreadable(let text):
            informer.logger.warning("a watch event cannot be read", metadata: ["error": "\(text)"])
            version = nil
        }
        if let version { informer.saw(version, in: namespace) }
        return version
    }
}
