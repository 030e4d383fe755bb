/// The tree of a parsed expression.
struct CELExpression: Sendable {
    var kind: Kind
    /// Where the sign is that the node stands for (an operator, the dot of a selection, the parenthesis of a call), in
    /// scalars from the beginning: what errors point at.
    var offset: Int
}

extension CELExpression {
    indirect enum Kind: Sendable {
        case literal(CELValue)
        case identifier(String)
        /// `a.b`, `a.?b`, and `has(a.b)`.
        case select(CELExpression, field: String, Access)
        /// `a[i]`, `a[?i]`.
        case index(CELExpression, CELExpression, isOptional: Bool)
        case call(String, target: CELExpression?, [CELExpression])
        case list([Element])
        case map([Entry])
        case and(CELExpression, CELExpression)
        case or(CELExpression, CELExpression)
        case conditional(CELExpression, CELExpression, CELExpression)
        case macro(Macro)
        /// Names a value within `body`: what `optMap` and `optFlatMap` become.
        case bind(String, CELExpression, CELExpression)
    }

    enum Access: Sendable {
        case value, optional, presence
    }

    struct Element: Sendable {
        var value: CELExpression
        var isOptional: Bool
    }

    struct Entry: Sendable {
        var key: CELExpression
        var value: CELExpression
        var isOptional: Bool
    }

    /// A loop over a list or over the keys of a map.
    struct Macro: Sendable {
        enum Kind: Sendable {
            case all, exists, existsOne, map, filter
        }

        var kind: Kind
        var range: CELExpression
        var variable: String
        /// With two variables: the index or key, and the value.
        var secondVariable: String?
        /// The condition of all but `map`; there, of its form with a filter.
        var condition: CELExpression?
        /// What `map` makes.
        var transform: CELExpression?
    }
}

extension CELExpression {
    /// The names used but not bound within.
    func freeVariables(bound: Set<String> = []) -> Set<String> {
        switch kind {
        case .literal: return []
        case .identifier(let name): return bound.contains(name) ? [] : [name]
        case .select(let base, _, _): return base.freeVariables(bound: bound)
        case .index(let base, let index, _):
            return base.freeVariables(bound: bound).union(index.freeVariables(bound: bound))
        case .call(_, let target, let arguments):
            return arguments.reduce(into: target?.freeVariables(bound: bound) ?? []) {
                $0.formUnion($1.freeVariables(bound: bound))
            }
        case .list(let items):
            return items.reduce(into: []) { $0.formUnion($1.value.freeVariables(bound: bound)) }
        case .map(let entries):
            return entries.reduce(into: []) {
                $0.formUnion($1.key.freeVariables(bound: bound))
                $0.formUnion($1.value.freeVariables(bound: bound))
            }
        case .and(let left, let right), .or(let left, let right):
            return left.freeVariables(bound: bound).union(right.freeVariables(bound: bound))
        case .conditional(let test, let yes, let no):
            return test.freeVariables(bound: bound).union(yes.freeVariables(bound: bound))
                .union(no.freeVariables(bound: bound))
        case .macro(let macro):
            var inner = bound
            inner.insert(macro.variable)
            if let second = macro.secondVariable { inner.insert(second) }
            return [macro.condition, macro.transform].compactMap { $0?.freeVariables(bound: inner) }
                .reduce(into: macro.range.freeVariables(bound: bound)) { $0.formUnion($1) }
        case .bind(let name, let value, let body):
            return value.freeVariables(bound: bound).union(body.freeVariables(bound: bound.union([name])))
        }
    }
}
