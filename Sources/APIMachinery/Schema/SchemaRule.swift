import KubernetesModel

/// One entry of `x-kubernetes-validations`, parsed.
struct SchemaRule: Sendable {
    let source: String
    let message: String
    let messageExpression: CELProgram?
    let reason: String?
    /// `.spec.mode`, below the place of the rule.
    let fieldPath: String
    let optionalOldSelf: Bool
    let program: Result<CELProgram, CELProgram.SyntaxError>

    init(_ json: JSON) {
        source = json["rule"]?.string ?? ""
        message = json["message"]?.string ?? ""
        messageExpression = json["messageExpression"]?.string.flatMap { try? CELProgram(parsing: $0) }
        reason = json["reason"]?.string
        fieldPath = json["fieldPath"]?.string ?? ""
        optionalOldSelf = json["optionalOldSelf"]?.bool ?? false
        do {
            program = .success(try CELProgram(parsing: source))
        } catch {
            program = .failure(error)
        }
    }

    /// What an error that happens while the rule runs names it by.
    var label: String { message.isEmpty ? source.trimmingSpace : message.trimmingSpace }
    var detail: String { message.isEmpty ? "failed rule: \(label)" : label }

    var usesOldSelf: Bool {
        if case .success(let program) = program { program.variables.contains("oldSelf") } else { false }
    }
}

extension String {
    var trimmingSpace: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
