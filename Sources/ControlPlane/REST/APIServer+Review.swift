import Foundation
import KubernetesModel

extension APIServer {
    /// The only user is the administrator: whoever has the token may do everything.
    static let user: JSON = ["username": "dr-admin", "groups": ["system:masters", "system:authenticated"]]

    /// Reviews that a client asks about itself. nil when the path is something else.
    func review(_ request: APIRequest, _ path: ResourcePath) throws -> APIResponse? {
        guard path.namespace == nil, path.name == nil else { return nil }
        let status: JSON
        let kind: String
        switch (path.group, path.version, path.resource) {
        case ("authorization.k8s.io", "v1", "selfsubjectaccessreviews"):
            kind = "SelfSubjectAccessReview"
            status = ["allowed": true, "reason": "the token is the administrator's"]
        case ("authorization.k8s.io", "v1", "selfsubjectrulesreviews"):
            kind = "SelfSubjectRulesReview"
            status = [
                "incomplete": false, "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
            ]
        case ("authentication.k8s.io", "v1", "selfsubjectreviews"):
            kind = "SelfSubjectReview"
            status = ["userInfo": Self.user]
        default: return nil
        }
        var object = try RequestBody.decode(request.body, contentType: request.contentType)
        guard object["kind"]?.string ?? kind == kind else {
            throw APIFailure.badRequest("the object provided is unrecognized (must be of type \(kind))")
        }
        object["kind"] = .string(kind)
        object["apiVersion"] = .string("\(path.group)/\(path.version)")
        object["metadata"] = ["creationTimestamp": .string(Timestamp.format(now()))]
        object["status"] = status
        return APIResponse(201, document: object)
    }
}
