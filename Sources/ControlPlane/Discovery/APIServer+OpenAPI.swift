import APIMachinery
import Cryptography
import Foundation
import KubernetesModel

/// `/openapi/v2`, `/openapi/v3` and the documents below it.
extension APIServer {
    func openAPI(_ request: APIRequest) throws -> APIResponse {
        let path = Array(request.path.dropFirst())
        switch path.first {
        case "v2" where path.count == 1: return try version2(request)
        case "v3" where path.count == 1:
            try Self.requireJSON(request)
            return Self.answer(request, try registry.openAPIIndex())
        case "v3":
            try Self.requireJSON(request)
            let group = path.dropFirst().joined(separator: "/")
            guard let document = registry.openAPI(groupPath: group) else { throw APIFailure.unknownPath }
            return Self.answer(request, document, group: group)
        default: throw APIFailure.unknownPath
        }
    }

    private func version2(_ request: APIRequest) throws -> APIResponse {
        let wanted = request.accept.lowercased()
        if OpenAPIProtobuf.acceptedTypes.contains(where: { wanted.contains($0) }) {
            return Self.answer(
                request, registry.openAPIVersion2(isProtobuf: true), contentType: OpenAPIProtobuf.mediaType)
        }
        try Self.requireJSON(request)
        return Self.answer(request, registry.openAPIVersion2(isProtobuf: false))
    }

    /// Clients of version 3 that would like protobuf take JSON as well.
    private static func requireJSON(_ request: APIRequest) throws {
        _ = try MediaTypes.negotiate(request.accept)
    }

    /// With the hash of its content in the query a document may be kept for good; with another, the client is sent to the
    /// one that there is. Without, it asks again each time, and gets nothing new when nothing is.
    private static func answer(
        _ request: APIRequest, _ document: OpenAPIDocument, group: String? = nil,
        contentType: String = "application/json"
    ) -> APIResponse {
        let tag = "\"\(document.hash)\""
        var headers = [("Etag", tag), ("Vary", "Accept")]
        if let group, let asked = request.query["hash"] {
            guard asked == document.hash else {
                var answer = APIResponse(301, bytes: [], contentType: "text/plain; charset=utf-8")
                let escaped = group.split(separator: "/").map { String($0).pathEscaped }.joined(separator: "/")
                answer.headers += headers + [("Location", "/openapi/v3/\(escaped)?hash=\(document.hash)")]
                return answer
            }
            headers.append(("Cache-Control", "public, immutable"))
        }
        let known = (request.ifNoneMatch ?? "").split(separator: ",").map { $0.trimming() }
        if known.contains(tag) || known.contains("*") {
            var answer = APIResponse(304, bytes: [], contentType: contentType)
            answer.headers = headers
            answer.body = .bytes([])
            return answer
        }
        var answer = APIResponse(bytes: document.bytes, contentType: contentType)
        answer.headers += headers
        return answer
    }
}

/// A document with the hash of its content.
struct OpenAPIDocument: Sendable {
    var bytes: [UInt8]
    var hash: String

    init(bytes: [UInt8]) {
        self.bytes = bytes
        hash = SHA256.hexHash(bytes).uppercased()
    }
}

extension ResourceRegistry {
    func openAPI(groupPath: String) -> OpenAPIDocument? {
        document(groupPath) { $0.v3(groupPath: groupPath).map(JSONText.bytes) }
    }

    func openAPIIndex() throws -> OpenAPIDocument {
        let index = document("v3") { builder in
            var hashes: [String: String] = [:]
            for path in builder.groupPaths { hashes[path] = self.openAPI(groupPath: path)?.hash }
            return JSONText.bytes(OpenAPIBuilder.index(hashes: hashes))
        }
        guard let index else { throw APIFailure.unknownPath }
        return index
    }

    func openAPIVersion2(isProtobuf: Bool) -> OpenAPIDocument {
        let made = document(isProtobuf ? "v2 protobuf" : "v2") { builder in
            isProtobuf ? OpenAPIProtobuf.encode(document: builder.v2()) : JSONText.bytes(builder.v2())
        }
        return made ?? OpenAPIDocument(bytes: [])
    }
}

extension String {
    /// Group names come from users.
    fileprivate var pathEscaped: String {
        addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? ""
    }
}
