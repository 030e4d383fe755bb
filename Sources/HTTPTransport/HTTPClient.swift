import Foundation
import Synchronization

/// HTTP over libcurl. One thread of its own does all transfers; any task may ask for one.
///
/// Call ``shutdown()`` before letting a client go: it ends what is under way and joins the thread.
public final class HTTPClient: Sendable {
    private let configuration: Mutex<HTTPClientConfiguration>
    private let thread: CurlThread
    private let nextID = Mutex<UInt64>(0)

    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = Mutex(configuration)
        thread = CurlThread(maxConnectionsPerHost: configuration.maxConnectionsPerHost)
    }

    /// New requests use this; connections that were made with the old are not used for them.
    public func update(tls: HTTPTLS) { configuration.withLock { $0.tls = tls } }

    /// When the thread last went round, for a liveness probe: it does so at least once a second.
    public var lastActivity: ContinuousClock.Instant { thread.lastActivity }

    /// Sends a request and returns when the final answer's headers are in. The status is not looked at.
    /// - Throws: ``HTTPError``.
    public func execute(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let name = request.headers.firstMalformed {
            throw HTTPError(
                code: .malformed, message: "the header \(name.prefix(64).debugDescription) holds what no header may",
                url: request.url, requestMayHaveBeenSent: false)
        }
        guard let url = URL(string: request.url), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            url.host != nil
        else {
            throw HTTPError(
                code: .malformed, message: "not an http or https URL", url: request.url, requestMayHaveBeenSent: false)
        }
        try Task.checkCancellation()
        let id = nextID.withLock { id in
            id += 1
            return id
        }
        let transfer = Transfer(request: request, id: id, thread: thread)
        thread.add(transfer, configuration.withLock { $0 })
        let (status, headers): (Int, HTTPHeaders)
        if case .stream(let next, _) = request.body {
            (status, headers) = try await withThrowingTaskGroup(of: (Int, HTTPHeaders)?.self) { group in
                group.addTask {
                    // The answer tells what became of the body: a server may refuse it before it has read all.
                    try? await transfer.feed(next)
                    return nil
                }
                group.addTask { try await transfer.awaitHead() }
                defer { group.cancelAll() }
                for try await head in group {
                    if let head { return head }
                }
                throw HTTPError(code: .cancelled, message: "cancelled", url: request.url)
            }
        } else {
            (status, headers) = try await transfer.awaitHead()
        }
        return HTTPResponse(status: status, headers: headers, body: HTTPBody(transfer))
    }

    /// Ends everything under way with `.shutDown` and joins the thread. Safe to call twice.
    public func shutdown() async { await thread.shutdown() }
}
