import KubernetesModel

/// Checks the rules of a schema that is otherwise in order: their types, and that they cannot cost too much.
struct CRDRuleCheck {
    private(set) var errors: [FieldError] = []
    private var total: UInt64 = 0
    private var expensive: [(path: FieldPath, cost: UInt64)] = []

    /// Where a schema is within the whole.
    private struct Place {
        var path: FieldPath
        var isResource: Bool
        /// How often a value of it can be in one object; nil when nothing limits it.
        var cardinality: UInt64?
        /// The first schema above whose values cannot be told apart from one version of an object to the next.
        var uncorrelated: FieldPath?
    }

    static func errors(_ schema: JSON, at path: FieldPath) -> [FieldError] {
        var check = CRDRuleCheck()
        let root = SchemaNode(schema, isResource: true)
        guard root.containsRules else { return [] }
        check.walk(root, Place(path: path, isResource: true, cardinality: 1))
        check.checkTotal(path)
        return check.errors
    }

    private mutating func walk(_ node: SchemaNode, _ place: Place) {
        guard node.containsRules else { return }
        if let inner = node.additionalProperties, node.json["additionalProperties"]?.object != nil {
            walk(inner, below(place, "additionalProperties", node, inner, times: node.bounds.maxProperties))
        }
        for name in node.propertyNames {
            guard let inner = node.properties[name], node.json[path: "properties", name] != nil else { continue }
            var next = place
            next.path = place.path.child("properties").key(name)
            next.isResource = inner.isEmbeddedResource
            if node.isAtomicMap { next.uncorrelated = place.path }
            walk(inner, next)
        }
        if let items = node.items {
            var next = below(place, "items", node, items, times: node.bounds.maxItems)
            if case .map = node.listType {} else { next.uncorrelated = place.path }
            walk(items, next)
        }
        check(node, place)
    }

    private func below(
        _ place: Place, _ name: String, _ node: SchemaNode, _ inner: SchemaNode, times: Int?
    ) -> Place {
        var next = place
        next.path = place.path.child(name)
        next.isResource = inner.isEmbeddedResource
        next.cardinality =
            if let known = place.cardinality, let times { CELCost.product(known, UInt64(max(0, times))) } else { nil }
        return next
    }

    private mutating func check(_ node: SchemaNode, _ place: Place) {
        let rules = node.json["x-kubernetes-validations"]?.array ?? []
        if rules.isEmpty { return }
        let path = place.path.child("x-kubernetes-validations")
        guard let declared = CELDeclared.make(node, isResource: place.isResource) else {
            errors.append(
                FieldError(
                    .internalError, path,
                    "internal error: failed to construct type information for x-kubernetes-validations rules: "
                        + "unable to convert structural schema to CEL declarations"))
            return
        }
        for (index, rule) in rules.enumerated() { check(rule, declared, at: path.index(index), place) }
    }

    private mutating func check(_ rule: JSON, _ declared: CELDeclared, at path: FieldPath, _ place: Place) {
        let source = rule["rule"]?.string ?? ""
        let isOptional = rule["optionalOldSelf"]?.bool
        let found = CELRuleCheck(source, declared: declared, optionalOldSelf: isOptional == true, wanted: .bool)
        let times = place.cardinality ?? declared.maximumCardinality
        observe(CELCost.product(found.cost, times), "estimated rule cost", at: path.child("rule"))
        if let problem = found.problem { errors.append(Self.invalid(path.child("rule"), rule, problem)) }
        if let message = rule["messageExpression"]?.string, !message.isEmpty, found.problem == nil {
            let text = CELRuleCheck(message, declared: declared, optionalOldSelf: isOptional == true, wanted: .string)
            let place = path.child("messageExpression")
            if let problem = text.problem {
                errors.append(Self.invalid(place, rule, problem))
            } else {
                observe(text.cost, "estimated messageExpression cost", at: place)
            }
        }
        if found.usesOldSelf {
            guard let above = place.uncorrelated else { return }
            errors.append(
                .invalid(
                    path.child("rule"), .string(source),
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within \(above)"))
        } else if let isOptional {
            errors.append(
                .invalid(
                    path.child("optionalOldSelf"), .bool(isOptional), "may not be set if oldSelf is not used in rule"))
        }
    }

    private mutating func observe(_ cost: UInt64, _ what: String, at path: FieldPath) {
        if cost > CELCost.maximumPerRule {
            errors.append(.forbidden(path, CELCost.excess(what, cost, limit: CELCost.maximumPerRule)))
        }
        total = CELCost.sum(total, cost)
        if cost >= CELCost.maximumPerSchema / 100 { expensive.append((path, cost)) }
    }

    private mutating func checkTotal(_ path: FieldPath) {
        guard total > CELCost.maximumPerSchema else { return }
        for (path, _) in expensive.sorted(by: { $0.cost > $1.cost }).prefix(4) {
            errors.append(
                .forbidden(
                    path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"))
        }
        let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        errors.append(.forbidden(path, CELCost.excess(what, total, limit: CELCost.maximumPerSchema)))
    }

    /// The value is the whole rule, as the server's own structure writes it.
    private static func invalid(_ path: FieldPath, _ rule: JSON, _ detail: String) -> FieldError {
        func text(_ key: String) -> String { CompactJSON.escapedForHTML(rule[key] ?? "") }
        func optional(_ key: String) -> String { CompactJSON.escapedForHTML(rule[key] ?? .null) }
        let shown = """
            {"Rule":\(text("rule")),"Message":\(text("message")),"MessageExpression":\(text("messageExpression")),\
            "Reason":\(optional("reason")),"FieldPath":\(text("fieldPath")),"OptionalOldSelf":\(optional("optionalOldSelf"))}
            """
        return FieldError(.invalid, path, shown: shown, detail)
    }
}
