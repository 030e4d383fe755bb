import Foundation
import Synchronization

/// HTTP over libcurl. One thread of its own does all transfers; any task may ask for one.
///
/// After a request that got no answer in its time on a connection that others share (HTTP/2) new requests use another
/// thread with connections of its own: libcurl would send them into the same silence, and each would wait for its own
/// deadline (client-go#374). The old thread ends with what it has.
///
/// Call ``shutdown()`` before letting a client go: it ends what is under way and joins the thread.
public final class HTTPClient: Sendable {
    private let configuration: Mutex<HTTPClientConfiguration>
    private struct Threads {
        var current: CurlThread
        /// Those that may still have transfers.
        var retired: [CurlThread] = []
        var isShutDown = false
    }

    private let threads: Mutex<Threads>
    private let nextID = Mutex<UInt64>(0)

    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = Mutex(configuration)
        threads = Mutex(Threads(current: CurlThread(maxConnectionsPerHost: configuration.maxConnectionsPerHost)))
    }

    /// New requests use this; connections that were made with the old are not used for them.
    public func update(tls: HTTPTLS) { configuration.withLock { $0.tls = tls } }

    /// When the thread last went round, for a liveness probe: it does so at least once a second.
    public var lastActivity: ContinuousClock.Instant { threads.withLock { $0.current.lastActivity } }

    /// Sends a request and returns when the final answer's headers are in and, unless the status is 300 or above, a
    /// streamed body has been sent. The status is not looked at otherwise.
    ///
    /// A request is sent a second time, by libcurl, when a reused connection dies before any byte of the answer, or an
    /// HTTP/2 server refuses it unprocessed; but never a streamed body, nor a POST or PATCH whose body had begun to leave.
    /// - Throws: ``HTTPError``.
    public func execute(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.hasTokenAsMethod else {
            throw HTTPError(
                code: .malformed, message: "the method is not a word", url: request.url, requestMayHaveBeenSent: false)
        }
        if let name = request.headers.firstMalformed {
            throw HTTPError(
                code: .malformed, message: "the header \(name.prefix(64).debugDescription) holds what no header may",
                url: request.url, requestMayHaveBeenSent: false)
        }
        guard let url = URL(string: request.url), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            url.host != nil
        else {
            throw HTTPError(
                code: .malformed, message: "not an http or https URL", url: request.url, requestMayHaveBeenSent: false)
        }
        if Task.isCancelled {
            throw HTTPError(code: .cancelled, message: "cancelled", url: request.url, requestMayHaveBeenSent: false)
        }
        let transfer = begin(request)
        if case .stream(let next, let length) = request.body {
            // The feed is a child of this call. It ends before the call returns: with the body's last byte, or because
            // the server has refused the body, or the transfer is over.
            async let fed: Void = transfer.feed(next, length: length)
            let head = try await transfer.awaitHead()
            if head.status < 300 { try await fed }
            return HTTPResponse(head, transfer)
        }
        do {
            return HTTPResponse(try await transfer.awaitHead(), transfer)
        } catch  where transfer.mayBeRepeated && !Task.isCancelled {
            let again = begin(request)
            return HTTPResponse(try await again.awaitHead(), again)
        }
    }

    private func begin(_ request: HTTPRequest) -> Transfer {
        let id = nextID.withLock { id in
            id += 1
            return id
        }
        let configuration = configuration.withLock { $0 }
        // Under the lock: a thread that is retired has everything by then that it will ever get.
        return threads.withLock { threads in
            if threads.current.isSuspect, !threads.isShutDown {
                threads.current.retire()
                threads.retired.removeAll(where: \.hasEnded)
                threads.retired.append(threads.current)
                threads.current = CurlThread(maxConnectionsPerHost: configuration.maxConnectionsPerHost)
            }
            let transfer = Transfer(request: request, id: id, thread: threads.current)
            threads.current.add(transfer, configuration)
            return transfer
        }
    }

    /// Ends everything under way with `.shutDown` and joins the threads. Safe to call twice.
    public func shutdown() async {
        let all = threads.withLock { threads in
            threads.isShutDown = true
            return threads.retired + [threads.current]
        }
        for thread in all { await thread.shutdown() }
    }
}
