import Foundation
import KubernetesModel

/// What a list is asked for, checked.
struct ListOptions: Sendable {
    var limit: Int?
    var continuation: ContinueToken?
    /// The very version to list.
    var exactVersion: Int64?
    /// The list must be at least this new.
    var leastVersion: Int64?

    init(_ query: APIRequest.Query) throws(APIFailure) {
        limit = try query.integer("limit").flatMap { $0 > 0 ? $0 : nil }
        let version = try Self.version(query["resourceVersion"])
        if let text = query["continue"] {
            continuation = try ContinueToken(text)
            if let version, version > 0 {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            return
        }
        switch query["resourceVersionMatch"] {
        case nil:
            // Without a match, a version with a limit is that version, and one without a limit is the least one.
            if let version, version > 0 { leastVersion = version }
        case "NotOlderThan":
            guard let version else { throw Self.forbiddenMatch }
            leastVersion = version
        case "Exact":
            guard let version else { throw Self.forbiddenMatch }
            guard version > 0 else {
                throw Self.invalid(
                    "resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
            }
            exactVersion = version
        case let other?:
            throw Self.invalid(
                "resourceVersionMatch", "FieldValueNotSupported",
                "Unsupported value: \"\(other)\": supported values: \"Exact\", \"NotOlderThan\", \"\"")
        }
    }

    private static let forbiddenMatch = invalid(
        "resourceVersionMatch", "FieldValueForbidden",
        "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")

    /// A refusal of the options as a whole.
    static func invalid(_ field: String, _ reason: String, _ message: String) -> APIFailure {
        APIFailure(
            422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: \(field): \(message)",
            details: APIStatus.Details(
                group: "meta.k8s.io", kind: "ListOptions",
                causes: [APIStatus.Cause(reason: reason, message: message, field: field)]))
    }

    /// nil when there is none.
    static func version(_ text: String?) throws(APIFailure) -> Int64? {
        guard let text else { return nil }
        guard let value = Int64(text), value >= 0 else {
            throw .badRequest("Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return value
    }
}

/// Where the next page starts and of which version it is.
struct ContinueToken: Sendable, Hashable {
    var revision: Int64
    var namespace: String
    var name: String

    init(revision: Int64, namespace: String, name: String) {
        self.revision = revision
        self.namespace = namespace
        self.name = name
    }

    /// Base64 for URLs, without padding, of a small document.
    var text: String {
        let document: JSON = ["v": "dr/v1", "rv": .integer(revision), "after": [.string(namespace), .string(name)]]
        return Data(JSONText.bytes(document)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    init(_ text: String) throws(APIFailure) {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        padded += String(repeating: "=", count: (4 - padded.count % 4) % 4)
        guard let data = Data(base64Encoded: padded) else {
            throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data")
        }
        let document: JSON
        do {
            document = try JSONText.parse([UInt8](data))
        } catch {
            throw .badRequest("invalid continue token: continue key is not valid: \(error.message)")
        }
        guard document["v"] == "dr/v1", let revision = document["rv"]?.integer, revision > 0,
            let namespace = document["after"]?[0]?.string, let name = document["after"]?[1]?.string
        else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: server does not recognize this encoded version")
        }
        self.init(revision: revision, namespace: namespace, name: name)
    }
}
