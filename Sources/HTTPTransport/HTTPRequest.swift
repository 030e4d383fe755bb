/// A request. The body's type decides how it is framed: `.bytes` with a length, `.stream` with one if it is given and
/// chunked otherwise.
public struct HTTPRequest: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pulled piece by piece as the server takes it.
        case stream(@Sendable () async throws -> [UInt8]?, length: Int64?)
    }

    public var method: String
    /// Absolute. Its path and query are sent as they are: the caller escapes.
    public var url: String
    public var headers: HTTPHeaders
    public var body: Body
    /// For the whole exchange, body included; nil for no limit.
    public var timeout: Duration?
    /// How long nothing at all may arrive or leave, whole seconds; nil for no limit. libcurl notices some five seconds
    /// late. Time in which our reader holds the answer back does not count.
    public var idleTimeout: Duration?

    public init(
        method: String = "GET", url: String, headers: HTTPHeaders = [:], body: Body = .none, timeout: Duration? = nil,
        idleTimeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }

    /// RFC 9110, 9.2.2.
    var isIdempotent: Bool { !["POST", "PATCH"].contains(method) }

    /// It goes into the request line as it is.
    var hasTokenAsMethod: Bool {
        !method.isEmpty
            && method.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d }
    }
}

/// Header fields in their order. Names are compared without case; a name may occur more than once.
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [Field] = []

    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }

    public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// The first value; setting replaces all of them.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { add(name, newValue) }
        }
    }

    /// A field with a line break or NUL would become another field, or another request.
    var firstMalformed: String? {
        fields.first { field in
            field.name.isEmpty || field.name.utf8.contains { $0 <= 0x20 || $0 == 0x3a || $0 >= 0x7f }
                || field.value.utf8.contains { $0 == 0 || $0 == 0x0a || $0 == 0x0d }
        }?.name
    }
}

/// The answer, as soon as its headers are in.
public struct HTTPResponse: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    public let body: HTTPBody
    /// What was negotiated.
    public let version: HTTPClientConfiguration.Version

    init(_ head: Head, _ transfer: Transfer) {
        status = head.status
        headers = head.headers
        version = head.version
        body = HTTPBody(transfer)
    }

    struct Head: Sendable {
        var status = 0
        var headers = HTTPHeaders()
        var version = HTTPClientConfiguration.Version.http1
    }
}
