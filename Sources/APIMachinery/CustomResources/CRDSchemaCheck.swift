import KubernetesModel

/// Checks the schema of a definition: that it is structural, and that its patterns, defaults and rules can be used.
struct CRDSchemaCheck {
    var errors: [FieldError] = []

    mutating func check(_ schema: JSON, at path: FieldPath, isRoot: Bool = false) {
        checkType(schema, at: path, isRoot: isRoot)
        checkExtensions(schema, at: path)
        if let pattern = schema["pattern"]?.string, RegularExpression(pattern) == nil {
            errors.append(.invalid(path.child("pattern"), .string(pattern), "must be a valid regular expression"))
        }
        for (index, rule) in (schema["x-kubernetes-validations"]?.array ?? []).enumerated() {
            check(rule: rule, at: path.child("x-kubernetes-validations").index(index))
        }
        if let value = schema["default"] { check(default: value, schema, at: path.child("default")) }
        if let properties = schema["properties"]?.object {
            for name in CompactJSON.sortedKeys(properties) {
                guard let inner = properties[name] else { continue }
                // The metadata of the whole object has a schema of its own.
                if isRoot, ["apiVersion", "kind", "metadata"].contains(name) { continue }
                check(inner, at: path.child("properties").key(name))
            }
        }
        if let inner = schema["items"] {
            if inner.array != nil {
                errors.append(.forbidden(path.child("items"), "items must be a schema object and not an array"))
            } else {
                check(inner, at: path.child("items"))
            }
        }
        if let inner = schema["additionalProperties"], inner.object != nil {
            if schema["properties"]?.object?.isEmpty == false {
                errors.append(
                    .forbidden(
                        path.child("additionalProperties"),
                        "additionalProperties and properties are mutual exclusive"))
            }
            check(inner, at: path.child("additionalProperties"))
        }
    }

    private mutating func checkType(_ schema: JSON, at path: FieldPath, isRoot: Bool) {
        let types: Set<String> = ["array", "boolean", "integer", "number", "object", "string"]
        if let type = schema["type"]?.string, !type.isEmpty {
            if !types.contains(type) {
                errors.append(
                    .notSupported(
                        path.child("type"), .string(type), supported: types.sorted().map { .string($0) }))
            }
            if type == "array", schema["items"] == nil {
                errors.append(.required(path.child("items"), "must be specified"))
            }
        } else if !isRoot, schema["x-kubernetes-int-or-string"]?.bool != true,
            schema["x-kubernetes-preserve-unknown-fields"]?.bool != true
        {
            errors.append(.required(path.child("type"), "must not be empty for specified object fields"))
        }
    }

    private mutating func checkExtensions(_ schema: JSON, at path: FieldPath) {
        let place = path.child("x-kubernetes-list-type")
        guard let kind = schema["x-kubernetes-list-type"]?.string else { return }
        if !["atomic", "set", "map"].contains(kind) {
            errors.append(.notSupported(place, .string(kind), supported: ["atomic", "map", "set"]))
        }
        if schema["type"]?.string != "array" {
            errors.append(
                .invalid(
                    path.child("type"), schema["type"] ?? "", "must be array if x-kubernetes-list-type is specified"))
        }
        guard kind == "map" else { return }
        let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        let keysPath = path.child("x-kubernetes-list-map-keys")
        if keys.isEmpty {
            errors.append(.required(keysPath, "must not be empty if x-kubernetes-list-type is map"))
        }
        let items = schema["items"] ?? .object([:])
        let required = (items["required"]?.array ?? []).compactMap(\.string)
        for (index, key) in keys.enumerated() {
            guard let inner = items[path: "properties", key] else {
                errors.append(
                    .invalid(
                        keysPath.index(index), .string(key), "entries must all be names of item properties"))
                continue
            }
            if !required.contains(key), inner["default"] == nil {
                errors.append(
                    .required(
                        path.child("items").child("properties").key(key).child("default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
        }
    }

    /// What can be said of a rule without looking into it; ``CRDRuleCheck`` does the rest.
    private mutating func check(rule: JSON, at path: FieldPath) {
        let source = (rule["rule"]?.string ?? "").trimmingSpace
        let message = rule["message"]?.string ?? ""
        if source.isEmpty {
            errors.append(.required(path.child("rule"), "rule is not specified"))
        } else if !message.isEmpty, message.trimmingSpace.isEmpty {
            errors.append(.invalid(path.child("message"), .string(message), "must be non-empty if specified"))
        } else if Self.hasLines(message.trimmingSpace) {
            errors.append(.invalid(path.child("message"), .string(message), "must not contain line breaks"))
        } else if Self.hasLines(source), message.isEmpty {
            errors.append(
                .required(path.child("message"), "message must be specified if rule contains line breaks"))
        }
        if let text = rule["messageExpression"]?.string, !text.isEmpty, text.trimmingSpace.isEmpty {
            errors.append(
                .required(path.child("messageExpression"), "messageExpression must be non-empty if specified"))
        }
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
        if let reason = rule["reason"]?.string, !reasons.contains(reason) {
            errors.append(
                .notSupported(path.child("reason"), .string(reason), supported: reasons.map { .string($0) }))
        }
        if let place = rule["fieldPath"]?.string, Self.hasLines(place) {
            errors.append(.invalid(path.child("fieldPath"), .string(place), "must not contain line breaks"))
        }
    }

    private static func hasLines(_ text: String) -> Bool { text.contains { $0.isNewline } }

    private mutating func check(default value: JSON, _ schema: JSON, at path: FieldPath) {
        let node = SchemaNode(schema)
        var unknown: [String] = []
        if node.pruned(value, at: .root, &unknown) != value {
            errors.append(.invalid(path, value, "must not have unknown fields"))
        }
        node.validate(value, old: nil, at: path, &errors)
    }
}
