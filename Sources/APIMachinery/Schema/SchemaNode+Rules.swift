import KubernetesModel

/// What a run of a schema's rules found.
struct RuleRun {
    var errors: [FieldError] = []
}

extension SchemaNode {
    /// Runs the rules of this level and of those below. Rules that look at `oldSelf` run only where there is an old value.
    func checkRules(_ value: JSON, old: JSON?, at path: FieldPath, _ run: inout RuleRun) {
        guard containsRules, !value.isNull else { return }
        for rule in rules { check(rule, value, old: old, at: path, &run) }
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
        let place = rule.fieldPath.isEmpty ? path : FieldPath.root.child("\(path)\(rule.fieldPath)".trimmingDot)
        switch outcome(rule, variables) {
        case .met: break
        case .broken(let detail): run.errors.append(error(rule.reason, place, value, detail))
        case .failed(let detail): run.errors.append(error(nil, path, value, detail))
        }
    }

    private enum Outcome {
        case met
        case broken(String)
        case failed(String)
    }

    private func outcome(_ rule: SchemaRule, _ variables: [String: CELValue]) -> Outcome {
        do {
            let program = try rule.program.get()
            guard try program.value(variables) != .bool(true) else { return .met }
            if let expression = rule.messageExpression,
                case .string(let text)? = try? expression.value(variables), !text.trimmingSpace.isEmpty,
                !text.contains("\n")
            {
                return .broken(text.trimmingSpace)
            }
            return .broken(rule.detail)
        } catch let error as CELProgram.Failure {
            return .failed("\(error.message) evaluating rule: \(rule.label)")
        } catch let error as CELProgram.SyntaxError {
            return .failed("rule compile error: \(error.message)")
        } catch {
            return .failed("\(error)")
        }
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
