import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Between HTTP and the API: reads bodies within limits, checks who asks, writes answers, streams watches.
struct APIResponder: HTTPResponder {
    typealias Context = ConnectionContext

    var api: APIServer
    var identity: ServerIdentity
    var maximumBodyBytes: Int
    var stallTimeout: Duration
    var maximumWatches: Int
    var logger: Logger

    /// Paths that anyone may read: whether the server is there and what it is, nothing of what it holds.
    private static let anonymous: Set<String> = ["/healthz", "/readyz", "/livez", "/version"]

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let start = ContinuousClock.now
        let answer = await answer(request)
        // Neither queries (continue tokens) nor headers nor bodies: nothing secret is logged.
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "code": "\(answer.code)",
                "milliseconds": "\((ContinuousClock.now - start) / .milliseconds(1))",
            ])
        return response(answer, context, isHead: request.method == .head)
    }

    private func answer(_ request: Request) async -> APIResponse {
        do {
            return try await api.respond(to: read(request))
        } catch let failure as APIFailure {
            return APIResponse(failure)
        } catch is CancellationError {
            return APIResponse(APIFailure(503, "ServiceUnavailable", "the server is shutting down", retryAfter: 1))
        } catch StorageError.closed {
            return APIResponse(APIFailure(503, "ServiceUnavailable", "the server is shutting down", retryAfter: 1))
        } catch {
            logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return APIResponse(.internalError("the request could not be served; see the server's log"))
        }
    }

    private func read(_ request: Request) async throws -> APIRequest {
        guard let method = APIRequest.Method(rawValue: request.method.rawValue) else {
            throw APIFailure.methodNotAllowed()
        }
        if !Self.anonymous.contains(request.uri.path) { try authenticate(request) }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximumBodyBytes {
            throw APIFailure.tooLarge(limit: maximumBodyBytes)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            throw APIFailure.tooLarge(limit: maximumBodyBytes)
        }
        guard let path = Self.decode(path: request.uri.path) else { throw APIFailure.unknownPath }
        return APIRequest(
            method: method, path: path,
            query: APIRequest.Query(Self.decode(query: request.uri.query ?? "")),
            accept: request.headers[.accept] ?? "", contentType: request.headers[.contentType] ?? "",
            userAgent: request.headers[.userAgent] ?? "", ifNoneMatch: request.headers[.ifNoneMatch],
            body: Array(buffer: body))
    }

    private func authenticate(_ request: Request) throws(APIFailure) {
        let header = request.headers[.authorization] ?? ""
        guard header.lowercased().hasPrefix("bearer "), identity.accepts(token: String(header.dropFirst(7))) else {
            throw .unauthorized
        }
    }

    /// The pieces of a path, each percent-decoded by itself, so that an encoded slash stays within its piece.
    private static func decode(path: String) -> [String]? {
        var pieces: [String] = []
        for piece in path.split(separator: "/") {
            guard let decoded = piece.removingURLPercentEncoding() else { return nil }
            pieces.append(decoded)
        }
        return pieces
    }

    /// Names and values of a query. Go's clients write a blank as `+`.
    private static func decode(query: String) -> [(String, String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                let text = String(part.replacing("+", with: " "))
                return text.removingPercentEncodingStrictly() ?? text
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    private func response(_ answer: APIResponse, _ context: ConnectionContext, isHead: Bool) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let field = HTTPField.Name(name) { fields.append(HTTPField(name: field, value: value)) }
        }
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-cache, private" }
        let status = HTTPResponse.Status(code: answer.code)
        switch answer.body {
        case .bytes(let bytes):
            let body = isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            return Response(status: status, headers: fields, body: body)
        case .watch(let session):
            guard session.hub.watcherCount < maximumWatches else {
                return response(
                    APIResponse(.tooManyRequests("too many watches: the limit is \(maximumWatches)")), context,
                    isHead: isHead)
            }
            let streamer = WatchStreamer(session: session, channel: context.channel, stallTimeout: stallTimeout)
            return Response(
                status: status, headers: fields,
                body: ResponseBody { writer in
                    try await streamer.stream(to: &writer)
                    try await writer.finish(nil)
                })
        }
    }
}

extension Substring {
    fileprivate func removingURLPercentEncoding() -> String? { String(self).removingPercentEncodingStrictly() }
}

extension String {
    /// nil when an escape is broken or the bytes are not UTF-8.
    fileprivate func removingPercentEncodingStrictly() -> String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
