import APIMachinery
import KubernetesModel

/// An answer that is not the object asked for: a `Status` with its HTTP code.
struct APIFailure: Error, Sendable, Hashable {
    var status: APIStatus
    /// Seconds for the `Retry-After` header.
    var retryAfter: Int?
    /// Not a `Status` but a line of text: what Kubernetes answers for a path it does not know.
    var isPlainText = false

    init(
        _ code: Int, _ reason: String?, _ message: String, details: APIStatus.Details? = nil, retryAfter: Int? = nil
    ) {
        status = APIStatus(message: message, reason: reason, details: details, code: code)
        self.retryAfter = retryAfter
    }

    /// What a decision of the machinery refuses.
    init(_ error: MachineryError) { status = error.status }

    var code: Int { status.code ?? 500 }

    /// The document, `metadata` included, which clients expect to be there.
    var document: JSON { status.document }
}

extension APIStatus {
    var document: JSON {
        var result: JSON = (try? JSON(encoding: self)) ?? .object([:])
        result["metadata"] = .object([:])
        return result
    }
}

extension APIFailure {
    static let unknownPath: APIFailure = {
        var failure = APIFailure(404, "NotFound", "404 page not found\n")
        failure.isPlainText = true
        return failure
    }()

    static let unauthorized = APIFailure(401, "Unauthorized", "Unauthorized")

    static let unsupportedMediaType = APIFailure(
        415, "UnsupportedMediaType", "415: Unsupported Media Type", details: APIStatus.Details())

    static let serverCouldNotFind = APIFailure(
        404, "NotFound", "the server could not find the requested resource", details: APIStatus.Details())

    static func unsupportedPatch(accepted: [String]) -> APIFailure {
        APIFailure(
            415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    static func notAcceptable(_ accepted: String) -> APIFailure {
        APIFailure(
            406, "NotAcceptable",
            "only the following media types are accepted: \(accepted)")
    }

    static func methodNotAllowed(_ verb: String = "") -> APIFailure {
        APIFailure(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource",
            details: APIStatus.Details())
    }

    static func badRequest(_ message: String) -> APIFailure { APIFailure(400, "BadRequest", message) }

    static func tooLarge(limit: Int) -> APIFailure {
        APIFailure(
            413, "RequestEntityTooLarge", "Request entity too large: limit is \(limit)", details: APIStatus.Details())
    }

    static func tooManyRequests(_ message: String) -> APIFailure {
        APIFailure(
            429, "TooManyRequests", message, details: APIStatus.Details(retryAfterSeconds: 1), retryAfter: 1)
    }

    static func expired(_ message: String) -> APIFailure { APIFailure(410, "Expired", message) }

    static func internalError(_ message: String) -> APIFailure {
        APIFailure(
            500, "InternalError", "Internal error occurred: \(message)",
            details: APIStatus.Details(
                causes: [APIStatus.Cause(reason: nil, message: message, field: nil)]))
    }

    static func futureVersion(_ requested: Int64, current: Int64) -> APIFailure {
        APIFailure(
            504, "Timeout", "Timeout: Too large resource version: \(requested), current: \(current)",
            details: APIStatus.Details(
                causes: [
                    APIStatus.Cause(
                        reason: "ResourceVersionTooLarge", message: "Too large resource version", field: nil)
                ], retryAfterSeconds: 1), retryAfter: 1)
    }

    static func notFound(_ resource: ResourceType, _ name: String) -> APIFailure {
        APIFailure(
            404, "NotFound", "\(resource.groupResource) \"\(name)\" not found",
            details: .init(name: name, group: resource.group, kind: resource.plural))
    }

    static func alreadyExists(_ resource: ResourceType, _ name: String) -> APIFailure {
        APIFailure(
            409, "AlreadyExists", "\(resource.groupResource) \"\(name)\" already exists",
            details: .init(name: name, group: resource.group, kind: resource.plural))
    }

    static func conflict(_ resource: ResourceType, _ name: String, _ why: String) -> APIFailure {
        APIFailure(
            409, "Conflict", "Operation cannot be fulfilled on \(resource.groupResource) \"\(name)\": \(why)",
            details: .init(name: name, group: resource.group, kind: resource.plural))
    }

    static func staleVersion(_ resource: ResourceType, _ name: String) -> APIFailure {
        conflict(
            resource, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func forbidden(_ resource: ResourceType, _ name: String, _ why: String) -> APIFailure {
        APIFailure(
            403, "Forbidden", "\(resource.groupResource) \"\(name)\" is forbidden: \(why)",
            details: .init(name: name, group: resource.group, kind: resource.plural))
    }

    static func invalid(_ resource: ResourceType, _ name: String, _ errors: [FieldError]) -> APIFailure {
        APIFailure(.invalid(group: resource.group, kind: resource.kind, name: name, errors: errors))
    }
}

extension APIStatus.Details {
    fileprivate init(name: String, group: String, kind: String) {
        self.init(name: name, group: group.isEmpty ? nil : group, kind: kind)
    }
}
