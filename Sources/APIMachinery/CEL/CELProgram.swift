public import KubernetesModel

/// A rule in the Common Expression Language, parsed.
public struct CELProgram: Sendable {
    public struct SyntaxError: Error, Sendable, Hashable {
        public var message: String
        /// The first is 1.
        public var line: Int
        public var column: Int
    }

    /// What an evaluation ends with when it has no value.
    public struct Failure: Error, Sendable, Hashable {
        public var message: String
    }

    let expression: CELExpression
    /// The names that the expression takes from outside.
    let variables: Set<String>

    public init(parsing source: String) throws(SyntaxError) {
        expression = try CELParser.parse(source)
        variables = expression.freeVariables()
    }

    /// The value as JSON: times and durations as text, types by name.
    /// - Parameter variables: `self`, `oldSelf` and the like.
    public func evaluate(_ variables: [String: JSON]) throws(Failure) -> JSON {
        try value(variables.mapValues { CELValue($0) }).json
    }

    func value(_ variables: [String: CELValue]) throws(Failure) -> CELValue { try run(variables).result.get() }

    /// The value, or why there is none, and what it cost to find out.
    func run(_ variables: [String: CELValue]) -> (result: Result<CELValue, Failure>, cost: UInt64) {
        var evaluator = CELEvaluator(variables: variables)
        do throws(Failure) {
            return (.success(try evaluator.evaluate(expression)), evaluator.cost)
        } catch {
            return (.failure(error), evaluator.cost)
        }
    }
}
