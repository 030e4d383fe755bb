/// A rule as the server checks it when its definition is created or changed.
struct CELRuleCheck {
    /// What to say against it; nil for nothing.
    let problem: String?
    /// The most that one run can cost.
    let cost: UInt64
    let usesOldSelf: Bool

    /// - Parameters:
    ///   - declared: the value that the rule stands beside, `self`.
    ///   - wanted: the type of the result, `bool` for a rule and `string` for its message.
    init(_ source: String, declared: CELDeclared, optionalOldSelf: Bool, wanted: CELType) {
        let isRule = wanted == .bool
        let program: CELProgram
        do {
            program = try CELProgram(parsing: source)
        } catch {
            problem = Self.failure(
                source, [(error.message, error.line, error.column)], isRule: isRule)
            cost = 0
            usesOldSelf = false
            return
        }
        usesOldSelf = program.variables.contains("oldSelf")
        let itself = CELChecker.Info(
            type: declared.celType, cost: 1, size: declared.maximumElements, declared: declared)
        var old = itself
        if optionalOldSelf { old.type = .optional(itself.type) }
        var checker = CELChecker(variables: ["self": itself, "oldSelf": old])
        let info = checker.check(program.expression)
        var problems = checker.problems
        if problems.isEmpty {
            var literals = CELLiteralCheck()
            literals.check(program.expression)
            problems = literals.problems
        }
        if !problems.isEmpty {
            let lexer = CELLexer(source)
            let places = problems.sorted { $0.offset < $1.offset }.map { problem in
                let place = lexer.error(problem.message, at: problem.offset)
                return (place.message, place.line, place.column)
            }
            problem = Self.failure(source, places, isRule: isRule)
            cost = 0
            return
        }
        cost = info.cost
        let type = checker.types.resolved(info.type)
        problem =
            type == wanted
            ? nil : isRule ? "cel expression must evaluate to a bool" : "messageExpression must evaluate to a string"
    }

    /// Each complaint with the line it is about and a mark below its place.
    private static func failure(_ source: String, _ problems: [(String, Int, Int)], isRule: Bool) -> String {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let texts = problems.map { message, line, column in
            let text = (line <= lines.count ? lines[line - 1] : "").replacing("\t", with: " ")
            let dots = String(repeating: ".", count: max(0, column - 1))
            return "ERROR: <input>:\(line):\(column): \(message)\n | \(text)\n | \(dots)^"
        }
        return (isRule ? "" : "messageExpression ") + "compilation failed: " + texts.joined(separator: "\n")
    }
}
