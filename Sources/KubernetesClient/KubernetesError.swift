import HTTPTransport
public import KubernetesModel

/// Why a request to the API server failed: its own `Status`, or what happened on the way.
public struct KubernetesError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: String, Sendable, Hashable {
        case notFound = "NotFound"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case invalid = "Invalid"
        case expired = "Expired"
        case gone = "Gone"
        case forbidden = "Forbidden"
        case unauthorized = "Unauthorized"
        case tooManyRequests = "TooManyRequests"
        case timeout = "Timeout"
        case serverTimeout = "ServerTimeout"
        case badRequest = "BadRequest"
        case methodNotAllowed = "MethodNotAllowed"
        case internalError = "InternalError"
        case serviceUnavailable = "ServiceUnavailable"
        /// The server was not reached, or its answer did not arrive.
        case unreachable = "Unreachable"
        /// The answer is not what the API promises.
        case malformed = "Malformed"
        case other = "Unknown"
    }

    public var reason: Reason
    public var status: APIStatus
    /// The HTTP status; 0 when there was none.
    public var code: Int
    /// `get deployments.apps/api in shop`.
    public var request: String
    /// Seconds that the server asks to wait.
    public var retryAfter: Int?
    /// Whether the server refused a request (401, 403) soon after it was away: it may not have read its own rules yet.
    public internal(set) var isPremature = false
    /// What went wrong below HTTP, where something did.
    var transport: HTTPError?

    public init(reason: Reason, status: APIStatus, code: Int, request: String, retryAfter: Int? = nil) {
        self.reason = reason
        self.status = status
        self.code = code
        self.request = request
        self.retryAfter = retryAfter
    }

    init(status: APIStatus, code: Int, request: String, retryAfter: Int?) {
        let named = status.reason.flatMap(Reason.init(rawValue:))
        let byCode: Reason =
            switch code {
            case 400: .badRequest
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 405: .methodNotAllowed
            case 409: .conflict
            case 410: .expired
            case 422: .invalid
            case 429: .tooManyRequests
            case 500: .internalError
            // A load balancer whose API server is away says 502.
            case 502, 503: .serviceUnavailable
            case 504: .timeout
            default: .other
            }
        self.init(
            reason: named ?? byCode, status: status, code: code, request: request,
            retryAfter: (retryAfter ?? status.details?.retryAfterSeconds).map { max(0, $0) })
    }

    init(_ error: HTTPError, request: String) {
        let isOurs = error.code == .malformed || error.code == .tooLarge
        self.init(
            reason: isOurs ? .malformed : .unreachable,
            status: APIStatus(message: error.description, reason: isOurs ? "Malformed" : "Unreachable"), code: 0,
            request: request)
        transport = error
    }

    /// Whether the same request may do better later.
    public var isRetriable: Bool {
        switch reason {
        case .tooManyRequests, .timeout, .serverTimeout, .internalError, .serviceUnavailable, .unreachable, .conflict:
            true
        // It says nothing of the request: our own credentials have expired and their successors are not there yet.
        case .unauthorized: true
        default: isPremature
        }
    }

    /// The server cannot be asked now.
    public var isAway: Bool {
        [.unreachable, .serviceUnavailable, .timeout, .serverTimeout, .tooManyRequests].contains(reason)
    }
    /// Nothing can be made in a namespace that is being deleted.
    public var isNamespaceEnding: Bool {
        reason == .forbidden && status.details?.causes?.contains { $0.reason == "NamespaceTerminating" } ?? false
    }
    /// A streaming list that the server would like to have and its store cannot.
    public var isMissingStorageFeature: Bool {
        reason == .internalError && status.message?.contains("required storage feature") ?? false
    }

    public var isNotFound: Bool { reason == .notFound }
    public var isConflict: Bool { reason == .conflict }
    public var isAlreadyExists: Bool { reason == .alreadyExists }
    public var isExpired: Bool { reason == .expired || reason == .gone || code == 410 }
    /// The server has not seen the version that was asked for: it was restored, or another one lags behind.
    public var isVersionTooLarge: Bool {
        status.details?.causes?.contains { $0.reason == "ResourceVersionTooLarge" } ?? false
            || status.message?.contains("Too large resource version") ?? false
    }
    /// A watch on which nothing came for as long as it was given.
    public var isSilence: Bool { transport?.code == .idle }

    public var description: String { "\(request): \(status.message ?? reason.rawValue)" }
}
