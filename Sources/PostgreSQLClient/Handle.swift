import CPostgres

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The owner of one `PGconn`. Used on its connection's thread only; every method may block that thread in `poll`.
final class Handle {
    let pointer: OpaquePointer
    private let canceller: Canceller
    private let notices: NoticeBox
    /// Bytes of the server are waiting during a COPY to it. libpq looks at them only when the COPY ends.
    var serverSpoke = false
    /// How long a cancelled statement may take to end before the connection is given up.
    static let drainLimit = Duration.seconds(10)

    init(pointer: OpaquePointer, canceller: Canceller, notices: NoticeBox) {
        self.pointer = pointer
        self.canceller = canceller
        self.notices = notices
        // The box outlives the connection: this object holds both.
        PQsetNoticeReceiver(pointer, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { PQfinish(pointer) }

    var isUsable: Bool { PQstatus(pointer) == CONNECTION_OK }

    /// Waits for the socket. Wakes a few times a second to see cancellation and the deadline.
    /// - Parameter draining: how long it goes on after a cancellation, so that the statement can end.
    func wait(
        _ events: Int32, until deadline: ContinuousClock.Instant? = nil, draining: Duration = drainLimit
    ) throws(PostgresError) {
        var cancelDeadline: ContinuousClock.Instant?
        while true {
            var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0)
            guard descriptor.fd >= 0 else { throw lost() }
            let ready = poll(&descriptor, 1, 250)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw lost() }
            let now = ContinuousClock.now
            if let deadline, now >= deadline {
                throw PostgresError(code: .timeout, message: "the server did not answer in time")
            }
            if canceller.wasRequested {
                let limit = cancelDeadline ?? now + draining
                cancelDeadline = limit
                if now >= limit { throw lost() }
            }
        }
    }

    /// Sends what libpq has buffered, reading meanwhile so that neither side waits for the other for ever.
    func flush() throws(PostgresError) {
        while true {
            switch PQflush(pointer) {
            case 0: return
            case 1:
                try wait(POLLIN | POLLOUT)
                guard PQconsumeInput(pointer) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    /// The next result of the statement, or nil after the last.
    func nextResult() throws(PostgresError) -> Result? {
        try flush()
        while PQisBusy(pointer) == 1 {
            guard PQconsumeInput(pointer) == 1 else { throw lost() }
            if PQisBusy(pointer) == 0 { break }
            try wait(POLLIN)
        }
        return PQgetResult(pointer).map(Result.init)
    }

    /// Reads to the end of the statement, leaving a COPY if there is one. Throws the first error that it saw.
    /// - Parameter first: a result that was taken already.
    func drain(after first: Result? = nil) throws(PostgresError) -> Result? {
        var failure: PostgresError?
        var last: Result?
        var next = first
        if next == nil { next = try nextResult() }
        while let result = next {
            switch result.status {
            case PGRES_COPY_IN: _ = PQputCopyEnd(pointer, "this call cannot send COPY data")
            case PGRES_COPY_OUT, PGRES_COPY_BOTH: try skipCopy()
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = result
            default:
                if failure == nil { failure = result.error(isConnected: isUsable) }
                // A broken connection yields error after error; the first is the one that counts.
                if !isUsable { throw failure ?? lost() }
            }
            next = try nextResult()
        }
        if let failure { throw failure }
        return last
    }

    private func skipCopy() throws(PostgresError) {
        var buffer: UnsafeMutablePointer<CChar>?
        while true {
            switch PQgetCopyData(pointer, &buffer, 1) {
            case 0:
                try wait(POLLIN)
                guard PQconsumeInput(pointer) == 1 else { throw lost() }
            case 1...: PQfreemem(buffer)
            default: return
            }
        }
    }

    func lost() -> PostgresError {
        if canceller.wasRequested {
            return PostgresError(code: .cancelled, message: "the statement was cancelled and its connection given up")
        }
        let text = String(cString: PQerrorMessage(pointer)).trimmingNewlines
        return PostgresError(code: .connectionLost, message: text.isEmpty ? "the connection is lost" : text)
    }

    func text(of pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
}

/// Where libpq's notice callback finds the handler.
final class NoticeBox: Sendable {
    let handler: @Sendable (PostgresNotice) -> Void
    init(_ handler: @escaping @Sendable (PostgresNotice) -> Void) { self.handler = handler }
}

/// Called on the connection's thread while libpq reads.
private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let context, let result else { return }
    let field = { (code: UInt32) in PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? "" }
    Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().handler(
        PostgresNotice(
            severity: field(DR_PG_SEVERITY.rawValue), sqlState: field(DR_PG_SQLSTATE.rawValue),
            message: field(DR_PG_MESSAGE.rawValue)))
}

extension String {
    var trimmingNewlines: String {
        var text = Substring(self)
        while let last = text.last, last.isNewline || last == " " { text.removeLast() }
        return String(text)
    }
}
