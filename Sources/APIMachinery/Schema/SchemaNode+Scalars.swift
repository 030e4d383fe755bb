import KubernetesModel

extension SchemaNode {
    func checkString(_ text: String, at path: FieldPath, _ errors: inout [FieldError]) {
        // Only the first of these is told, as Kubernetes does.
        if bounds.minLength != nil || bounds.maxLength != nil {
            let count = text.unicodeScalars.count
            if let most = bounds.maxLength, count > most {
                errors.append(.tooLong(path, maximum: most))
                return
            }
            if let least = bounds.minLength, count < least {
                errors.append(
                    .invalid(path, .string(text), "\(path) in body should be at least \(least) chars long"))
                return
            }
        }
        if let pattern = bounds.pattern {
            guard bounds.expression?.matches(text) != true else { return }
            errors.append(.invalid(path, .string(text), "\(path) in body should match '\(pattern)'"))
        }
    }

    func checkFormat(_ text: String, at path: FieldPath, _ errors: inout [FieldError]) {
        guard let format, !isIntOrString, type == "string", !StringFormat.isValid(text, format) else { return }
        errors.append(
            FieldError(
                .typeInvalid, path, value: .string(text),
                "\(path) in body must be of type \(format): \(GoFormat.quoted(text))"))
    }

    func checkNumber(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        guard let number = value.double else { return }
        checkRange(value, at: path, &errors)
        let isWhole = value.integer != nil
        func show(_ bound: Double) -> String {
            isWhole
                ? Int64(exactly: bound.rounded(.towardZero)).map(String.init) ?? GoFormat.number(bound)
                : GoFormat.number(bound)
        }
        if let factor = bounds.multipleOf {
            let quotient = number / factor
            if quotient.rounded() != quotient {
                errors.append(
                    .invalid(path, value, "\(path) in body should be a multiple of \(GoFormat.number(factor))"))
            }
        }
        if let least = bounds.minimum, number < least || bounds.exclusiveMinimum && number == least {
            let relation = bounds.exclusiveMinimum ? "greater than" : "greater than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(relation) \(show(least))"))
        }
        if let most = bounds.maximum, number > most || bounds.exclusiveMaximum && number == most {
            let relation = bounds.exclusiveMaximum ? "less than" : "less than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(relation) \(show(most))"))
        }
    }

    /// `int32` and `int64` limit an integer, `float` a number.
    private func checkRange(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        guard type == "integer", let format else { return }
        let isIn: Bool =
            switch (format, value) {
            case ("int32", .integer(let whole)): Int32(exactly: whole) != nil
            case ("int32", .number(let number)): Int32(exactly: number) != nil
            case ("int64", .number(let number)): Int64(exactly: number) != nil
            default: true
            }
        if isIn { return }
        // Kubernetes names no field for this one.
        errors.append(
            .invalid(
                .root, "",
                "Checked value must be of type integer with format \(format) in \(path)"))
    }
}
