import KubernetesModel

/// How a write is to be done.
struct WriteOptions: Sendable {
    enum FieldValidation: String, Sendable {
        case strict = "Strict"
        case warn = "Warn"
        case ignore = "Ignore"
    }

    var isDryRun: Bool
    var fieldValidation: FieldValidation
    /// Who owns the fields that this write sets.
    var fieldManager: String
    var force: Bool
    var isFieldManagerGiven: Bool

    init(_ request: APIRequest, kind: String) throws(APIFailure) {
        let query = request.query
        switch query["dryRun"] {
        case nil: isDryRun = false
        case "All": isDryRun = true
        case let other?:
            throw Self.invalid(
                kind, "dryRun", "FieldValueNotSupported", "Unsupported value: \"\(other)\": supported values: \"All\"")
        }
        // The API's default is to warn; kubectl asks for Strict.
        switch query["fieldValidation"] {
        case nil: fieldValidation = .warn
        case let text?:
            guard let value = FieldValidation(rawValue: text) else {
                throw Self.invalid(
                    kind, "fieldValidation", "FieldValueNotSupported",
                    "Unsupported value: \"\(text)\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"")
            }
            fieldValidation = value
        }
        force = query.isTrue("force")
        isFieldManagerGiven = query["fieldManager"] != nil
        fieldManager = query["fieldManager"] ?? Self.manager(userAgent: request.userAgent)
        guard fieldManager.utf8.count <= 128 else {
            throw Self.invalid(
                kind, "fieldManager", "FieldValueTooLong", "Too long: may not be more than 128 bytes")
        }
    }

    /// The program's name in a user agent: `kubectl` of `kubectl/v1.32.0 (linux/amd64)`.
    static func manager(userAgent: String) -> String {
        let name = userAgent.prefix { $0 != "/" }.prefix(128)
        return name.isEmpty ? "unknown" : String(name)
    }

    static func invalid(_ kind: String, _ field: String, _ reason: String, _ message: String) -> APIFailure {
        APIFailure(
            422, "Invalid", "\(kind).meta.k8s.io \"\" is invalid: \(field): \(message)",
            details: APIStatus.Details(
                group: "meta.k8s.io", kind: kind,
                causes: [APIStatus.Cause(reason: reason, message: message, field: field)]))
    }
}

/// What a delete is asked for: in the body, or in the query.
struct DeleteOptions: Sendable {
    enum Propagation: String, Sendable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }

    var isDryRun = false
    var propagation: Propagation?
    var uid: String?
    var resourceVersion: String?

    init() {}

    init(_ request: APIRequest) throws {
        var dryRun = request.query["dryRun"]
        var policy = request.query["propagationPolicy"]
        if !request.body.isEmpty {
            let body = try RequestBody.decode(request.body, contentType: request.contentType)
            if let list = body["dryRun"]?.array, let first = list.first?.string { dryRun = first }
            if let text = body["propagationPolicy"]?.string { policy = text }
            if body["orphanDependents"]?.bool == true { policy = policy ?? Propagation.orphan.rawValue }
            uid = body[path: "preconditions", "uid"]?.string
            resourceVersion = body[path: "preconditions", "resourceVersion"]?.string
        }
        if let dryRun {
            guard dryRun == "All" else {
                throw WriteOptions.invalid(
                    "DeleteOptions", "dryRun", "FieldValueNotSupported",
                    "Unsupported value: \"\(dryRun)\": supported values: \"All\"")
            }
            isDryRun = true
        }
        if let policy {
            guard let value = Propagation(rawValue: policy) else {
                throw WriteOptions.invalid(
                    "DeleteOptions", "propagationPolicy", "FieldValueNotSupported",
                    "Unsupported value: \"\(policy)\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
                )
            }
            propagation = value
        }
    }
}
