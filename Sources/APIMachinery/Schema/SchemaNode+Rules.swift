import KubernetesModel

/// What a run of a schema's rules found, and what it may still cost. The budget is one for all rules on an object, so that no
/// object can hold the server up.
struct RuleRun {
    var errors: [FieldError] = []
    private var budget = CELCost.objectBudget
    private(set) var isOver = false

    init() {}

    /// Ends the run with an error.
    mutating func end(_ error: FieldError) {
        errors.append(error)
        isOver = true
    }

    /// Whether there was enough for it.
    mutating func spend(_ cost: UInt64) -> Bool {
        guard cost <= budget else { return false }
        budget -= cost
        return true
    }
}

extension SchemaNode {
    /// Runs the rules of this level and of those below. Rules that look at `oldSelf` run only where there is an old value.
    func checkRules(_ value: JSON, old: JSON?, at path: FieldPath, _ run: inout RuleRun) {
        guard containsRules, !value.isNull, !run.isOver else { return }
        for rule in rules where !run.isOver { check(rule, value, old: old, at: path, &run) }
        switch value {
        case .object(let members):
            let before = old?.object
            for name in CompactJSON.sortedKeys(members) {
                guard let item = members[name], let node = member(name), node.containsRules else { continue }
                let place = properties[name] == nil ? path.key(name) : path.child(name)
                node.checkRules(item, old: before?[name], at: place, &run)
            }
        case .array(let list):
            guard let items, items.containsRules else { return }
            let partners = correlated(list, old: old)
            for (index, item) in list.enumerated() {
                items.checkRules(item, old: partners?[index], at: path.index(index), &run)
            }
        default: break
        }
    }

    private func check(_ rule: SchemaRule, _ value: JSON, old: JSON?, at path: FieldPath, _ run: inout RuleRun) {
        let before = old.flatMap { $0.isNull ? nil : $0 }
        var variables = ["self": CELValue(value, self)]
        if rule.usesOldSelf {
            if rule.optionalOldSelf {
                variables["oldSelf"] = .optional(before.map { CELValue($0, self) })
            } else {
                guard let before else { return }
                variables["oldSelf"] = CELValue(before, self)
            }
        } else if before == value {
            return
        }
        func failed(_ detail: String) -> FieldError { .invalid(path, .string(type ?? ""), detail) }
        let program: CELProgram
        switch rule.program {
        case .success(let parsed): program = parsed
        case .failure(let error):
            run.errors.append(failed("rule compile error: \(error.message)"))
            return
        }
        let (result, cost) = program.run(variables)
        guard run.spend(cost) else {
            run.end(
                failed("validation failed due to running out of cost budget, no further validation rules will be run"))
            return
        }
        switch result {
        case .success(.bool(true)): break
        case .success:
            let place = rule.fieldPath.isEmpty ? path : FieldPath.root.child("\(path)\(rule.fieldPath)".trimmingDot)
            run.errors.append(error(rule.reason, place, value, message(rule, variables, &run)))
        case .failure(CELEvaluator.limitExceeded):
            let what = CELEvaluator.limitExceeded.message
            run.end(
                failed(
                    "'\(what)': no further validation rules will be run due to call cost exceeds limit for rule: \(rule.label)"
                ))
        case .failure(let error) where error.message.hasPrefix("no such overload"):
            run.errors.append(
                failed(
                    "'\(error.message)': call arguments did not match a supported operator, function or macro signature "
                        + "for rule: \(rule.label)"))
        case .failure(let error): run.errors.append(failed("\(error.message) evaluating rule: \(rule.label)"))
        }
    }

    /// What the rule's expression for it says, unless that fails, is empty or has several lines.
    private func message(_ rule: SchemaRule, _ variables: [String: CELValue], _ run: inout RuleRun) -> String {
        guard let expression = rule.messageExpression else { return rule.detail }
        let (result, cost) = expression.run(variables)
        guard run.spend(cost), case .success(.string(let text)) = result else { return rule.detail }
        let line = text.trimmingSpace
        return line.isEmpty || line.contains(where: \.isNewline) || line.utf8.count > 5 * 1024 ? rule.detail : line
    }

    /// The value is told only where it is short.
    private func error(_ reason: String?, _ path: FieldPath, _ value: JSON, _ detail: String) -> FieldError {
        let shown: JSON? =
            switch value {
            case .object, .array: nil
            default: value
            }
        return switch reason {
        case "FieldValueRequired": .required(path, detail)
        case "FieldValueForbidden": .forbidden(path, detail)
        case "FieldValueDuplicate": FieldError(.duplicate, path, value: shown, detail)
        default: .invalid(path, shown, detail)
        }
    }
}

extension String {
    fileprivate var trimmingDot: String { hasPrefix(".") ? String(dropFirst()) : self }
}
