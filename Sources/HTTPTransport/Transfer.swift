import CCurl
import DequeModule
import Synchronization

/// One exchange, shared by the task that awaits it and the thread that does it.
///
/// Everything mutable lies in one mutex. libcurl's callbacks run on the curl thread and only ever take from and put into
/// that state; what must be woken is woken after the lock is let go.
final class Transfer: Sendable {
    /// libcurl is told to pause above this many buffered bytes, and to go on below half of them.
    static let highWater = 1 << 20
    /// Bytes that come while nobody waits for them are put together to pieces of at most this size.
    static let pieceSize = 256 << 10

    let request: HTTPRequest
    let id: UInt64
    let thread: CurlThread

    struct State {
        // The answer.
        var head = HTTPResponse.Head()
        var headDelivered = false
        var headWaiter: CheckedContinuation<HTTPResponse.Head, any Error>?
        var pieces: Deque<[UInt8]> = []
        var buffered = 0
        var isDownloadPaused = false
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        /// Set once; what follows the buffered pieces.
        var end: Result<Void, HTTPError>?
        /// The HTTP/2 connection or stream ended, for a reason that need not be this request's.
        var isConnectionGone = false
        // The request's body.
        var outgoing: [UInt8] = []
        var outgoingOffset = 0
        var isUploadComplete = true
        var isUploadPaused = false
        /// The server has refused the body before it was sent: the rest is not wanted, and its end is no failure.
        var isUploadRefused = false
        var feeder: CheckedContinuation<Void, any Error>?
        var feedFailure: HTTPError?

        typealias Delivery = (reader: CheckedContinuation<[UInt8]?, any Error>, piece: [UInt8])

        mutating func append(_ bytes: UnsafeRawBufferPointer) {
            buffered += bytes.count
            if let last = pieces.indices.last, pieces[last].count + bytes.count <= Transfer.pieceSize {
                if pieces[last].capacity < pieces[last].count + bytes.count {
                    pieces[last].reserveCapacity(Transfer.pieceSize)
                }
                pieces[last].append(contentsOf: bytes)
            } else {
                pieces.append(Array(bytes))
            }
        }

        mutating func takePiece() -> [UInt8]? {
            guard let piece = pieces.popFirst() else { return nil }
            buffered -= piece.count
            return piece
        }

        mutating func takeDelivery() -> Delivery? {
            guard let reader, let piece = takePiece() else { return nil }
            self.reader = nil
            return (reader, piece)
        }
    }
    let state: Mutex<State>

    init(request: HTTPRequest, id: UInt64, thread: CurlThread) {
        self.request = request
        self.id = id
        self.thread = thread
        var state = State()
        switch request.body {
        case .none: break
        case .bytes(let bytes): state.outgoing = bytes
        case .stream: state.isUploadComplete = false
        }
        self.state = Mutex(state)
    }

    // MARK: On the curl thread

    /// A line of the header section; an empty one ends it.
    func receive(headerLine line: String) {
        typealias Wakes = (
            head: CheckedContinuation<HTTPResponse.Head, any Error>?, feeder: CheckedContinuation<Void, any Error>?,
            value: HTTPResponse.Head, isRefusal: Bool
        )
        let wakes = state.withLock { state -> Wakes? in
            guard !state.headDelivered else { return nil }  // trailers
            if line.hasPrefix("HTTP/") {
                state.head = HTTPResponse.Head()
                state.head.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                state.head.version = line.hasPrefix("HTTP/2") ? .http2 : .http1
            } else if line.isEmpty {
                guard state.head.status >= 200 else { return nil }  // 100 Continue and the like: the answer follows
                state.headDelivered = true
                defer { state.headWaiter = nil }
                guard state.head.status >= 300, !state.isUploadComplete else {
                    return (state.headWaiter, nil, state.head, false)
                }
                // libcurl sends no more of the body after such a status.
                state.isUploadRefused = true
                defer { state.feeder = nil }
                return (state.headWaiter, state.feeder, state.head, true)
            } else if let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) {
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                state.head.headers.add(String(line[..<colon]), String(value))
            }
            return nil
        }
        guard let wakes else { return }
        // A paused upload would keep the exchange from its end.
        if wakes.isRefusal { thread.resume(self) }
        wakes.feeder?.resume(throwing: bodyRefused)
        wakes.head?.resume(returning: wakes.value)
    }

    var noAnswer: HTTPError { HTTPError(code: .reset, message: "the server sent no answer", url: request.url) }
    var bodyRefused: HTTPError { HTTPError(code: .body, message: "the server did not want the body", url: request.url) }

    /// - Returns: false to pause.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (delivery, accepted) = state.withLock { state -> (State.Delivery?, Bool) in
            guard state.buffered < Self.highWater else {
                state.isDownloadPaused = true
                return (nil, false)
            }
            state.append(bytes)
            return (state.buffered < Self.pieceSize ? nil : state.takeDelivery(), true)
        }
        delivery?.reader.resume(returning: delivery?.piece)
        return accepted
    }

    /// Gives a waiting reader what has come. Called when libcurl has no more for now: to wake a task for each of TLS's
    /// records of 16 KiB costs more than to decrypt them.
    func flush() {
        let delivery = state.withLock { $0.takeDelivery() }
        delivery?.reader.resume(returning: delivery?.piece)
    }

    enum Outgoing { case count(Int), pause, abort }

    func send(into buffer: UnsafeMutableRawBufferPointer) -> Outgoing {
        let (result, feeder) = state.withLock { state -> (Outgoing, CheckedContinuation<Void, any Error>?) in
            if state.feedFailure != nil || state.isUploadRefused { return (.abort, nil) }
            let rest = state.outgoing.count - state.outgoingOffset
            if rest > 0 {
                let count = min(rest, buffer.count)
                state.outgoing.withUnsafeBytes { source in
                    buffer.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[state.outgoingOffset...].prefix(count)))
                }
                state.outgoingOffset += count
                guard count == rest, !state.isUploadComplete, let feeder = state.feeder else {
                    return (.count(count), nil)
                }
                state.feeder = nil
                return (.count(count), feeder)
            }
            if state.isUploadComplete { return (.count(0), nil) }
            state.isUploadPaused = true
            let feeder = state.feeder
            state.feeder = nil
            return (.pause, feeder)
        }
        feeder?.resume()
        return result
    }

    /// libcurl sends again on a new connection what a dead one swallowed. Only a body in memory can go back, and only
    /// where twice is as good as once (RFC 9110, 9.2.2): the server may have seen all of it.
    func rewind() -> Bool {
        guard case .bytes = request.body, request.isIdempotent else { return false }
        state.withLock { $0.outgoingOffset = 0 }
        return true
    }

    func noteConnectionGone() { state.withLock { $0.isConnectionGone = true } }

    /// libcurl sends again by itself what a refused stream or a dead connection swallowed, but not what a GOAWAY did
    /// when no other stream was left: that is "an error in the HTTP2 framing layer" to it (7.88).
    var mayBeRepeated: Bool {
        if case .stream = request.body { return false }
        return request.isIdempotent && state.withLock { $0.isConnectionGone && $0.head.status == 0 }
    }

    func finish(_ result: Result<Void, HTTPError>) {
        let wake = state.withLock { state -> State? in
            guard state.end == nil else { return nil }
            state.end = state.feedFailure.map { .failure($0) } ?? result
            let woken = state
            state.headWaiter = nil
            state.reader = nil
            state.feeder = nil
            return woken
        }
        guard let wake, let end = wake.end else { return }
        switch end {
        case .success:
            wake.headWaiter?.resume(throwing: noAnswer)
            wake.reader?.resume(returning: nil)
            wake.feeder?.resume(throwing: bodyRefused)
        case .failure(let error):
            wake.headWaiter?.resume(throwing: error)
            wake.reader?.resume(throwing: error)
            wake.feeder?.resume(throwing: error)
        }
    }
}
