import CPostgres
import Dispatch

/// One session with a server. libpq works non-blocking on a thread of its own, which waits in `poll`.
///
/// One statement at a time: calls from several tasks queue up. When the calling task is cancelled, the server is asked
/// to end the statement, its rest is drained, and the connection stays usable; the call throws `CancellationError`.
/// - Throws: ``PostgresError`` from every method, and `CancellationError`.
public actor PostgresConnection {
    let executor: QueueExecutor
    let canceller = Canceller()
    var handle: Handle?
    /// A COPY between its start and its end; nothing else may be sent then.
    var copy: CopyDirection?
    let notices: NoticeBox

    enum CopyDirection { case into }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(label: String, onNotice: @escaping @Sendable (PostgresNotice) -> Void) {
        executor = QueueExecutor(label: label)
        notices = NoticeBox(onNotice)
    }

    /// Connects and logs in.
    /// - Parameter onNotice: called on the connection's thread for each message beside the results; must not block.
    public static func connect(
        _ configuration: PostgresConfiguration, onNotice: @escaping @Sendable (PostgresNotice) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        let connection = PostgresConnection(label: "postgres", onNotice: onNotice)
        try await connection.open(configuration)
        if let settings = configuration.laterSettings(for: await connection.serverVersion) {
            try await connection.execute(settings)
        }
        return connection
    }

    /// Connects for the time of `body`; the session has ended when this returns or throws.
    public static func with<Value: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await connect(configuration)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs one statement with parameters `$1…` in text format; the server infers their types. nil is NULL.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) async throws -> PostgresResult {
        try await interruptible { handle in
            try handle.sendQuery(sql, parameters)
            guard let result = try handle.drain() else { throw PostgresError(code: .other, message: "no result") }
            return result.value()
        }
    }

    /// Runs one or more statements without parameters, separated by semicolons; all in one transaction unless they
    /// say otherwise. Returns the last one's result.
    @discardableResult
    public func execute(_ sql: String) async throws -> PostgresResult {
        try await interruptible { handle in
            try handle.sendScript(sql)
            return try handle.drain()?.value()
                ?? PostgresResult(columns: [], rows: [], commandTag: "", affectedRows: nil)
        }
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    public func transaction<Value: Sendable>(
        _ begin: String = "BEGIN", _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await execute(begin)
        do {
            let value = try await body(self)
            try await execute("COMMIT")
            return value
        } catch {
            // Also after a cancellation, whose task would refuse every further call.
            rollBack()
            throw error
        }
    }

    /// The server's `server_version_num`, such as 150014; 0 when not connected.
    public var serverVersion: Int { handle.map { Int(PQserverVersion($0.pointer)) } ?? 0 }

    /// The process of the server that serves this session.
    public var backendProcess: Int { handle.map { Int(PQbackendPID($0.pointer)) } ?? 0 }

    /// A setting that the server reports by itself: `server_version`, `server_encoding`, `TimeZone`.
    public func parameterStatus(_ name: String) -> String? {
        handle.flatMap { PQparameterStatus($0.pointer, name) }.map { String(cString: $0) }
    }

    public var isUsable: Bool { handle?.isUsable ?? false }

    /// Ends the session. Safe to call twice; also happens when the object goes.
    public func close() {
        handle = nil
        canceller.replace(with: nil)
    }

    /// Runs a call on the connection's thread, with the task's cancellation passed on to the server.
    func interruptible<Value: Sendable>(
        during expected: CopyDirection? = nil, _ body: (Handle) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        guard let handle, handle.isUsable else {
            throw PostgresError(code: .connectionLost, message: "the connection is closed")
        }
        guard copy == expected else {
            throw PostgresError(code: .misuse, message: "a COPY is under way on this connection")
        }
        canceller.arm()
        // The body runs without a suspension, so nothing else of this actor comes between.
        let outcome = await withTaskCancellationHandler {
            // Through a method of this actor: a closure that does not use the actor would run on the cooperative pool.
            Swift.Result { try self.confined(handle, body) }
        } onCancel: {
            canceller.request()
        }
        if canceller.wasRequested { recover(handle) }
        switch outcome {
        case .success(let value): return value
        case .failure(let error as PostgresError) where error.code == .cancelled && canceller.wasRequested:
            throw CancellationError()
        case .failure(let error): throw error
        }
    }

    private func confined<Value>(_ handle: Handle, _ body: (Handle) throws -> Value) throws -> Value {
        dispatchPrecondition(condition: .onQueue(executor.queue))
        return try body(handle)
    }

    /// After a cancellation: wait until the request was delivered, then let a late one hit an empty statement.
    private func recover(_ handle: Handle) {
        canceller.settle()
        guard handle.isUsable, copy == nil else { return }
        try? handle.sendScript("")
        _ = try? handle.drain()
    }

    private func rollBack() {
        guard let handle, handle.isUsable, copy == nil else { return }
        canceller.arm()
        try? handle.sendScript("ROLLBACK")
        _ = try? handle.drain()
    }
}
