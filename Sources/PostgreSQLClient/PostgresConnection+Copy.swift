import CPostgres

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PostgresConnection {
    /// Runs `COPY … TO STDOUT` and hands each row to `body` as it arrives, with its newline.
    ///
    /// `body` runs on the connection's thread, so that gigabytes flow without a hop; the bytes are valid during the
    /// call only.
    /// - Parameter body: may throw to stop: the statement is cancelled and drained, the error thrown.
    /// - Returns: the rows that the server counted.
    public func copyOut<State: Sendable>(
        _ sql: String, into initial: State, _ body: @Sendable (inout State, UnsafeRawBufferPointer) throws -> Void
    ) async throws -> (state: State, rows: Int) {
        let canceller = canceller
        return try await interruptible { handle in
            try handle.sendScript(sql)
            try handle.expectCopy(PGRES_COPY_OUT)
            var state = initial
            var stop: (any Error)?
            var buffer: UnsafeMutablePointer<CChar>?
            reading: while true {
                let count = PQgetCopyData(handle.pointer, &buffer, 1)
                switch count {
                case 1...:
                    if stop == nil {
                        do { try body(&state, UnsafeRawBufferPointer(start: buffer, count: Int(count))) } catch {
                            stop = error
                            canceller.request()
                        }
                    }
                    PQfreemem(buffer)
                case 0: try handle.readMore()
                default: break reading
                }
            }
            do {
                let result = try handle.drain()
                if let stop { throw stop }
                return (state, result?.affectedRows ?? 0)
            } catch { throw stop ?? error }
        }
    }

    /// As ``copyOut(_:into:_:)``, collecting the text. For small answers.
    public func copyOut(_ sql: String, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await copyOut(sql, into: [UInt8]()) { bytes, row in
            guard bytes.count + row.count <= limit else {
                throw PostgresError(code: .misuse, message: "COPY gave more than \(limit) bytes")
            }
            bytes.append(contentsOf: row)
        }.state
    }

    /// Starts `COPY … FROM STDIN`. Then ``sendCopy(_:)`` as often as needed and ``finishCopy()`` or ``failCopy(_:)``;
    /// other calls throw meanwhile.
    public func startCopy(_ sql: String) async throws {
        try await interruptible { handle in
            try handle.sendScript(sql)
            try handle.expectCopy(PGRES_COPY_IN)
            handle.serverSpoke = false
        }
        copy = .into
    }

    /// Sends bytes of the COPY, of any size; rows need not end with a piece. Returns when they are with the kernel.
    /// - Parameter count: so many from the front; nil: all.
    public func sendCopy(_ bytes: [UInt8], count: Int? = nil) async throws {
        do {
            try await interruptible(during: .into) { handle in
                try bytes.withUnsafeBytes {
                    try handle.putCopy(UnsafeRawBufferPointer(rebasing: $0.prefix(count ?? $0.count)))
                }
                if canceller.wasRequested { throw CancellationError() }
            }
        } catch {
            // The server has ended the COPY, or must be told to: the connection is free again either way.
            copy = nil
            handle?.abandonCopy(reason: "the sender stopped")
            throw error
        }
    }

    /// The server said something while it took rows, most likely that one is bad: it throws the rest away.
    /// ``finishCopy()`` tells; what was sent so far is stored if it succeeds.
    public var copyMayHaveFailed: Bool { handle?.serverSpoke ?? false }

    /// Ends the COPY. Returns the rows that the server stored.
    public func finishCopy() async throws -> Int {
        defer { copy = nil }
        return try await interruptible(during: .into) { handle in
            try handle.endCopy(failure: nil)
            return try handle.drain()?.affectedRows ?? 0
        }
    }

    /// Ends the COPY without storing its rows.
    public func failCopy(_ reason: String) {
        guard copy != nil else { return }
        copy = nil
        handle?.abandonCopy(reason: reason)
    }
}

extension Handle {
    /// libpq takes what is there; only when that is nothing does the thread sleep.
    func readMore() throws(PostgresError) {
        try wait(POLLIN)
        guard PQconsumeInput(pointer) == 1 else { throw lost() }
    }

    func putCopy(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        // libpq moves what the kernel did not take to the front of its buffer: small steps keep that cheap.
        let step = 128 << 10
        var offset = 0
        while offset < bytes.count, let base = bytes.baseAddress {
            let count = min(step, bytes.count - offset)
            switch PQputCopyData(pointer, (base + offset).assumingMemoryBound(to: CChar.self), Int32(count)) {
            case 1:
                offset += count
                try flush()
            case 0: try wait(POLLIN | POLLOUT)
            default: throw lost()
            }
        }
        var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) > 0 { serverSpoke = true }
    }

    func endCopy(failure: String?) throws(PostgresError) {
        while true {
            switch PQputCopyEnd(pointer, failure) {
            case 1: return try flush()
            case 0: try wait(POLLIN | POLLOUT)
            default: throw lost()
            }
        }
    }

    func abandonCopy(reason: String) {
        guard isUsable else { return }
        try? endCopy(failure: reason)
        _ = try? drain()
    }

    /// - Throws: why the server refused; `.misuse` where it ran something else, which is then at its end.
    func expectCopy(_ direction: ExecStatusType) throws(PostgresError) {
        let start = try nextResult()
        if start?.status == direction { return }
        _ = try drain(after: start)
        throw PostgresError(code: .misuse, message: "not a COPY statement of the right direction")
    }
}
