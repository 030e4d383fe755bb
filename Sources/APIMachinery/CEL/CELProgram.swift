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

    func value(_ variables: [String: CELValue]) throws(Failure) -> CELValue {
        var evaluator = CELEvaluator(variables: variables)
        return try evaluator.evaluate(expression)
    }
}
