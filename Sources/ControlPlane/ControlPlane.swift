import Cryptography
public import Foundation
public import KubernetesModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// A Kubernetes-compatible API server in this process, on a state folder of its own.
///
/// Expected flow: make one, put it into a `ServiceGroup` (or await ``run()``), await ``ready()``, and use
/// ``kubeconfigPath`` with `kubectl` or any client. Guarantees: what was acknowledged survives `kill -9`; graceful
/// shutdown ends watches at once and lets running requests finish.
public final class ControlPlane: Service {
    public let configuration: ControlPlaneConfiguration
    private let logger: Logger
    private let state: Mutex<State> = Mutex(.starting(waiting: []))

    private enum State {
        /// Not listening yet. Next: listening or ended.
        case starting(waiting: [CheckedContinuation<Void, any Error>])
        /// Next: ended.
        case listening(port: Int, api: APIServer)
        case ended((any Error)?)
    }

    public init(configuration: ControlPlaneConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The administrator's kubeconfig. Exists once ``ready()`` returns.
    public var kubeconfigPath: String {
        configuration.stateDirectory.appending(path: "kubeconfig").path
    }

    /// `https://127.0.0.1:6443`; nil while it does not listen.
    public var url: URL? {
        state.withLock { state in
            if case .listening(let port, _) = state { URL(string: Self.url(configuration.host, port)) } else { nil }
        }
    }

    /// The API of a server that runs.
    var api: APIServer? {
        state.withLock { state in
            if case .listening(_, let api) = state { api } else { nil }
        }
    }

    /// Returns when requests are served and the kubeconfig is written.
    /// - Throws: what stopped the start.
    public func ready() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let outcome: Result<Void, any Error>? = state.withLock { state in
                switch state {
                case .starting(let waiting):
                    state = .starting(waiting: waiting + [continuation])
                    return nil
                case .listening: return .success(())
                case .ended(let error): return .failure(error ?? CancellationError())
                }
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    /// Serves until the task is cancelled or the service group shuts down.
    /// - Throws: ``ControlPlaneError`` when it cannot start.
    public func run() async throws {
        do {
            try await serve()
            end(nil)
        } catch {
            end(error)
            throw error
        }
    }

    private func serve() async throws {
        let folder = try StateDirectory(configuration.stateDirectory)
        defer { folder.release() }
        let identity = try ServerIdentity.prepare(
            in: folder, names: [configuration.host] + configuration.alternativeNames, now: Date())
        let store = try openStore(folder)
        let hub = WatchHub(revision: try await store.revision())
        let registry = ResourceRegistry()
        let api = APIServer(
            store: store, hub: hub, registry: registry,
            timing: WatchSession.Timing(timeout: .seconds(3600), bookmark: configuration.bookmarkInterval),
            logger: logger)
        for record in try await store.list(BuiltIn.customResourceDefinitions.collection).records {
            registry.update(name: record.key.name, definition: record.object)
        }
        store.publish { events in
            registry.follow(events)
            hub.publish(events)
        }
        try await api.createPermanentNamespaces()
        do {
            try await serve(api, folder, identity)
        } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
    }

    private func openStore(_ folder: StateDirectory) throws -> Store {
        var limits = Store.Limits()
        limits.historyCount = Int64(configuration.historyCount)
        limits.historySeconds = configuration.historyDuration.components.seconds
        do {
            // SQLite gives the files beside the database the database's mode.
            try folder.createPrivate(folder.database)
            return try Store(path: folder.database.path, limits: limits)
        } catch {
            throw ControlPlaneError(
                code: .storage, location: folder.database.path, message: "cannot be opened: \(error)")
        }
    }

    private func serve(_ api: APIServer, _ folder: StateDirectory, _ identity: ServerIdentity) async throws {
        let configuration = self.configuration
        var controllers: [any Controlling] = [GarbageCollector(), NamespaceController(), DefinitionController()]
        if configuration.workloads == .reportReady { controllers.append(WorkloadController()) }
        let loop = ControllerLoop(api: api, controllers: controllers, logger: logger)
        let compactor = Compactor(
            store: api.store, hub: api.hub, interval: configuration.compactionInterval,
            eventLifetime: configuration.eventLifetime, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await loop.run() }
            group.addTask { try await compactor.run() }
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await listen(api, folder, identity)
            } onCancelOrGracefulShutdown: {
                // Watches would keep the server's connections open for up to an hour.
                api.hub.close()
            }
            group.cancelAll()
        }
    }

    /// Listens on the port of the last time when any will do and it is free: a kubeconfig in use stays right.
    private func listen(_ api: APIServer, _ folder: StateDirectory, _ identity: ServerIdentity) async throws {
        if configuration.port == 0,
            let saved = try folder.read(folder.port).flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            )
        {
            do {
                return try await service(api, folder, identity, port: saved).run()
            } catch let error as ControlPlaneError where error.code == .listen {
                logger.info("the port of the last time is taken", metadata: ["port": "\(saved)"])
            }
        }
        try await service(api, folder, identity, port: configuration.port).run()
    }

    private func service(
        _ api: APIServer, _ folder: StateDirectory, _ identity: ServerIdentity, port: Int
    ) -> HTTPService {
        HTTPService(
            host: configuration.host, port: port, identity: identity,
            responder: APIResponder(
                api: api, identity: identity, maximumBodyBytes: configuration.maximumBodyBytes,
                stallTimeout: configuration.stallTimeout, maximumWatches: configuration.maximumWatches,
                logger: logger),
            logger: logger
        ) { [self] port in
            do {
                try folder.write("\(port)\n", to: folder.port)
                try folder.write(
                    Kubeconfig.text(
                        server: Self.url(configuration.host, port), authorityPEM: identity.authority.certificatePEM,
                        token: identity.token), to: folder.kubeconfig)
                listening(port: port, api)
            } catch {
                logger.error("the kubeconfig cannot be written", metadata: ["error": "\(error)"])
                end(error)
            }
        }
    }

    private func listening(port: Int, _ api: APIServer) {
        let waiting = state.withLock { state in
            guard case .starting(let waiting) = state else { return [CheckedContinuation<Void, any Error>]() }
            state = .listening(port: port, api: api)
            return waiting
        }
        logger.info("listening", metadata: ["url": "\(Self.url(configuration.host, port))"])
        for continuation in waiting { continuation.resume() }
    }

    private func end(_ error: (any Error)?) {
        let waiting = state.withLock { state in
            defer { if case .ended = state {} else { state = .ended(error) } }
            guard case .starting(let waiting) = state else { return [CheckedContinuation<Void, any Error>]() }
            return waiting
        }
        for continuation in waiting { continuation.resume(throwing: error ?? CancellationError()) }
    }

    private static func url(_ host: String, _ port: Int) -> String {
        let name = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
        return name.contains(":") ? "https://[\(name)]:\(port)" : "https://\(name):\(port)"
    }

    /// Creates or updates objects as the administrator would: CustomResourceDefinitions before anybody asks for them.
    /// To be called after ``ready()``.
    /// - Parameter crds: whole objects with `apiVersion`, `kind` and `metadata.name`.
    /// - Throws: ``ControlPlaneError`` with the server's answer when one is refused.
    public func install(crds: [JSON]) async throws {
        guard let api else {
            throw ControlPlaneError(
                code: .refused, location: configuration.stateDirectory.path, message: "the server does not run")
        }
        for object in crds { try await api.install(object) }
    }
}
