import KubernetesModel

extension SchemaNode {
    /// Adds what is wrong with a value. An unchanged value is not complained about.
    func validate(_ value: JSON, old: JSON?, at path: FieldPath, _ errors: inout [FieldError]) {
        var found: [FieldError] = []
        check(value, old: old, at: path, &found)
        if found.isEmpty { return }
        if let old, old == value { return }
        errors += found
    }

    private func check(_ value: JSON, old: JSON?, at path: FieldPath, _ errors: inout [FieldError]) {
        if let error = typeError(value, at: path) { errors.append(error) }
        if value.isNull {
            checkEnumeration(value, at: path, &errors)
            return
        }
        checkAlternatives(value, at: path, &errors)
        switch value {
        case .string(let text):
            checkString(text, at: path, &errors)
            checkFormat(text, at: path, &errors)
        case .integer, .number: checkNumber(value, at: path, &errors)
        case .array(let list): checkList(list, old: old, at: path, &errors)
        default: break
        }
        checkEnumeration(value, at: path, &errors)
        if case .object(let members) = value { checkObject(members, old: old, at: path, &errors) }
    }

    private func typeError(_ value: JSON, at path: FieldPath) -> FieldError? {
        let types = isIntOrString ? ["integer", "string"] : type.map { [$0] } ?? []
        let expected = types.joined(separator: ",")
        func wrong(_ expected: String, _ actual: String) -> FieldError {
            FieldError(
                .typeInvalid, path, value: .string(actual),
                "\(path)\(path.description.isEmpty ? "" : " ")in body must be of type \(expected): \(GoFormat.quoted(actual))"
            )
        }
        if types.isEmpty { return nil }
        let actual: String
        // With a format, what is neither text nor a list is told by its format.
        var actualFormat: String?
        switch value {
        case .null: return isNullable ? nil : wrong(expected, "null")
        case .bool:
            actual = "boolean"
            actualFormat = ""
        case .integer:
            actual = "integer"
            actualFormat = "int64"
        case .number(let number):
            actual = "number"
            actualFormat = "float64"
            if types.contains("integer"), Int64(exactly: number) != nil { return nil }
        case .string: actual = "string"
        case .array: actual = "array"
        case .object:
            actual = "object"
            actualFormat = ""
        }
        if types.contains(actual) || actual == "integer" && types.contains("number") { return nil }
        if let format, let actualFormat, !isIntOrString { return wrong(format, actualFormat) }
        return wrong(expected, actual)
    }

    private func checkAlternatives(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        func fits(_ node: SchemaNode, _ found: inout [FieldError]) -> Bool {
            node.check(value, old: nil, at: path, &found)
            return found.isEmpty
        }
        func add(_ detail: String) {
            errors.append(.invalid(.root, "", "\(GoFormat.quoted(path.description)) \(detail)"))
        }
        if !anyOf.isEmpty {
            var best: [FieldError] = []
            let isMet = anyOf.contains { node in
                var found: [FieldError] = []
                if fits(node, &found) { return true }
                if best.isEmpty { best = found }
                return false
            }
            if !isMet {
                add("must validate at least one schema (anyOf)")
                errors += best
            }
        }
        if !oneOf.isEmpty {
            var best: [FieldError] = []
            var count = 0
            for node in oneOf {
                var found: [FieldError] = []
                if fits(node, &found) { count += 1 } else if best.isEmpty { best = found }
            }
            if count != 1 {
                add(
                    "must validate one and only one schema (oneOf). "
                        + (count == 0 ? "Found none valid" : "Found \(count) valid alternatives"))
                if count == 0 { errors += best }
            }
        }
        if !allOf.isEmpty {
            var count = 0
            for node in allOf {
                var found: [FieldError] = []
                if fits(node, &found) { count += 1 }
                errors += found
            }
            if count != allOf.count {
                add("must validate all the schemas (allOf)" + (count == 0 ? ". None validated" : ""))
            }
        }
        if let not {
            var found: [FieldError] = []
            if fits(not, &found) { add("must not validate the schema (not)") }
        }
    }

    private func checkEnumeration(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        if bounds.enumeration.isEmpty || bounds.enumeration.contains(where: { $0 == value }) { return }
        if let number = value.double, bounds.enumeration.contains(where: { $0.double == number }) { return }
        let names = bounds.enumeration.map { JSON.string($0.string ?? CompactJSON.text($0)) }
        errors.append(.notSupported(path, value, supported: names))
    }

    private func checkObject(
        _ members: [String: JSON], old: JSON?, at path: FieldPath, _ errors: inout [FieldError]
    ) {
        if let least = bounds.minProperties, members.count < least {
            errors.append(
                .invalid(
                    path, .integer(Int64(members.count)), "\(path) in body should have at least \(least) properties"))
        }
        if let most = bounds.maxProperties, members.count > most {
            errors.append(.tooMany(path, count: members.count, maximum: most))
        }
        let before = old?.object
        if let additionalProperties {
            for name in CompactJSON.sortedKeys(members) where properties[name] == nil {
                guard let item = members[name] else { continue }
                additionalProperties.validate(item, old: before?[name], at: path.child(name), &errors)
            }
        }
        for name in propertyNames {
            guard let item = members[name], let node = properties[name] else { continue }
            node.validate(item, old: before?[name], at: path.child(name), &errors)
            if name == "metadata", let metadataRestrictions {
                metadataRestrictions.validate(item, old: before?[name], at: path.child(name), &errors)
            }
        }
        for name in required where members[name] == nil { errors.append(.required(path.child(name))) }
    }
}
