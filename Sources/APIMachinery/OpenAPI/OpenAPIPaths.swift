import KubernetesModel

/// The paths of a kind with their operations: what code generators make calls of, and where kubectl looks up whether the
/// server checks fields (`fieldValidation` of `patch`).
struct OpenAPIPaths {
    var kind: OpenAPIKind
    var dialect: OpenAPIDialect

    func all() -> [String: JSON] {
        let type = kind.type
        let root = "/\(kind.groupPath)"
        let collection = type.namespaced ? "\(root)/namespaces/{namespace}/\(type.plural)" : "\(root)/\(type.plural)"
        let object = "\(collection)/{name}"
        var result: [String: JSON] = [
            collection: item(
                ["get": list, "post": write("post"), "delete": operation("deletecollection", [], answers: .status)],
                hasName: false),
            object: item(
                [
                    "get": operation("get", [], answers: .object), "put": write("put"), "patch": patch,
                    "delete": operation("delete", [Self.dryRun], answers: .status),
                ], hasName: true),
        ]
        if type.namespaced { result["\(root)/\(type.plural)"] = item(["get": list], hasName: false, isGlobal: true) }
        for (name, isServed) in [("status", kind.hasStatus), ("scale", kind.hasScale)] where isServed {
            result["\(object)/\(name)"] = item(
                [
                    "get": operation("get", [], answers: .object, part: name),
                    "put": write("put", part: name),
                    "patch": operation("patch", Self.patchParameters, body: .patch, answers: .object, part: name),
                ], hasName: true)
        }
        return result
    }

    private enum Content {
        case object, list, status, patch
    }

    private func item(_ operations: [String: JSON], hasName: Bool, isGlobal: Bool = false) -> JSON {
        var parameters: [JSON] = []
        if hasName { parameters.append(parameter("name", in: "path", "The name of the \(kind.type.kind).")) }
        if kind.type.namespaced, !isGlobal {
            parameters.append(parameter("namespace", in: "path", "The namespace of the \(kind.type.kind)."))
        }
        var item = operations
        if !parameters.isEmpty { item["parameters"] = .array(parameters) }
        return .object(item)
    }

    private var list: JSON {
        operation("list", ["labelSelector", "fieldSelector", "limit", "continue", "watch"], answers: .list)
    }

    private var patch: JSON { operation("patch", Self.patchParameters, body: .patch, answers: .object) }

    private func write(_ action: String, part: String? = nil) -> JSON {
        operation(
            action, [Self.dryRun, "fieldManager", "fieldValidation"], body: .object, answers: .object, part: part)
    }

    private static let dryRun = "dryRun"
    private static let patchParameters = ["dryRun", "fieldManager", "fieldValidation", "force"]

    private func operation(
        _ action: String, _ query: [String], body: Content? = nil, answers: Content, part: String? = nil
    ) -> JSON {
        var result: JSON = [
            "description": .string("\(action) \(kind.type.kind)\(part.map { ": its \($0)" } ?? "")"),
            "x-kubernetes-action": .string(action),
            "x-kubernetes-group-version-kind": kind.groupVersionKind(kind.type.kind),
        ]
        var parameters = query.map { parameter($0, in: "query", Self.meanings[$0] ?? "") }
        switch dialect {
        case .v3:
            if let body { result["requestBody"] = ["required": true, "content": content(body)] }
            result["responses"] = ["200": ["description": "OK", "content": content(answers)]]
        case .v2:
            if let body {
                parameters.append(["name": "body", "in": "body", "required": true, "schema": schema(body)])
                result["consumes"] = .array(mediaTypes(body).map { .string($0) })
            }
            result["produces"] = ["application/json"]
            result["responses"] = ["200": ["description": "OK", "schema": schema(answers)]]
        }
        result["parameters"] = .array(parameters)
        return result
    }

    private func content(_ content: Content) -> JSON {
        let schema = schema(content)
        return .object(Dictionary(mediaTypes(content).map { ($0, ["schema": schema]) }) { first, _ in first })
    }

    private func mediaTypes(_ content: Content) -> [String] {
        guard content == .patch else { return ["application/json"] }
        let strategic = kind.isCustom ? [] : ["application/strategic-merge-patch+json"]
        return ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
            + strategic
    }

    private func schema(_ content: Content) -> JSON {
        switch content {
        case .object: dialect.reference(to: kind.schemaName(kind.type.kind))
        case .list: dialect.reference(to: kind.schemaName(kind.listKind))
        case .status: dialect.reference(to: OpenAPICommon.status)
        case .patch: dialect.reference(to: OpenAPICommon.patch)
        }
    }

    private func parameter(_ name: String, in place: String, _ description: String) -> JSON {
        let type = Self.types[name] ?? "string"
        var result: JSON = ["name": .string(name), "in": .string(place), "description": .string(description)]
        if place == "path" { result["required"] = true }
        switch dialect {
        case .v2: result["type"] = .string(type)
        case .v3: result["schema"] = ["type": .string(type)]
        }
        return result
    }

    private static let types = ["force": "boolean", "limit": "integer", "watch": "boolean"]

    private static let meanings = [
        "dryRun": "With All nothing is stored: the answer is what would be.",
        "fieldManager": "Who writes; kept with the fields that are set.",
        "fieldValidation": "What is done about unknown and duplicate fields: Ignore, Warn or Strict.",
        "force": "Takes over fields that others own. Only for server-side apply.",
        "labelSelector": "Chooses objects by their labels.",
        "fieldSelector": "Chooses objects by their fields.",
        "limit": "How many objects a page has at most.",
        "continue": "The token of the page before.",
        "watch": "Streams the changes instead of listing.",
    ]
}
