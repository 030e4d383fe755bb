import Foundation

/// Costs as Kubernetes counts them: one is about 50 nanoseconds. What would not fit is the largest number.
enum CELCost {
    /// The largest estimate of one rule, with as many times as it may run within an object.
    static let maximumPerRule: UInt64 = 10_000_000
    /// The largest estimate of all rules of a schema.
    static let maximumPerSchema: UInt64 = 100_000_000
    /// What one run of a rule may really cost.
    static let callLimit: UInt64 = 1_000_000
    /// What all runs of all rules on one object may really cost together.
    static let objectBudget: UInt64 = 10_000_000

    static let listCreation: UInt64 = 10
    static let mapCreation: UInt64 = 30
    /// Per character of text gone through.
    static let traversal = 0.1
    /// Per character of a pattern.
    static let pattern = 0.25

    static func sum(_ values: UInt64...) -> UInt64 {
        values.reduce(0) { total, value in
            let (result, overflow) = total.addingReportingOverflow(value)
            return overflow ? .max : result
        }
    }

    static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (result, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : result
    }

    static func scaled(_ count: UInt64, _ factor: Double) -> UInt64 {
        let result = (Double(count) * factor).rounded(.up)
        return result >= 0x1p64 ? .max : UInt64(result)
    }

    /// `10.0x`; what is just over the limit is told more exactly.
    static func excess(_ what: String, _ cost: UInt64, limit: UInt64) -> String {
        let factor = Double(cost) / Double(limit)
        let text =
            factor > 100
            ? "more than 100x"
            : factor < 1.5 ? "\(fixed(factor, 6))x" : "\(fixed(factor, 1))x"
        return """
            \(what) exceeds budget by factor of \(text) (try simplifying the rule, or adding maxItems, maxProperties, and \
            maxLength where arrays, maps, and strings are declared)
            """
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
}
