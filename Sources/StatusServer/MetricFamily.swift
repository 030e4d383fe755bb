import Synchronization

/// All series of one name.
final class MetricFamily: Sendable {
    enum Kind: Equatable {
        case counter, gauge
        case histogram([Double])
    }

    struct Series {
        /// A counter's or gauge's value, a histogram's sum.
        var value = 0.0
        var count: UInt64 = 0
        /// Observations in each bucket alone.
        var buckets: [UInt64]
    }

    let name: String
    let help: String
    let kind: Kind
    let labels: [String]
    /// A histogram's upper bounds without infinity.
    let bounds: [Double]
    private let series: Mutex<[[String]: Series]>

    init(name: String, help: String, kind: Kind, labels: [String]) {
        precondition(Self.isName(name, colons: true), "'\(name)' is not a metric name")
        precondition(
            labels.allSatisfy { Self.isName($0, colons: false) && !$0.hasPrefix("__") }
                && Set(labels).count == labels.count, "the labels of \(name) are not distinct label names")
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        if case .histogram(let bounds) = kind { self.bounds = bounds } else { bounds = [] }
        let empty = Series(buckets: [UInt64](repeating: 0, count: bounds.count))
        series = Mutex(labels.isEmpty ? [[]: empty] : [:])
    }

    func update(_ values: [String], _ body: (inout Series) -> Void) {
        precondition(values.count == labels.count, "\(name) has the labels \(labels)")
        series.withLock { series in
            body(&series[values, default: Series(buckets: [UInt64](repeating: 0, count: bounds.count))])
        }
    }

    func read(_ values: [String]) -> Series? { series.withLock { $0[values] } }

    func remove(_ values: [String]) { _ = series.withLock { $0.removeValue(forKey: values) } }

    func exposition() -> String {
        let sorted = series.withLock { Array($0) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var text = "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kindName)\n"
        for (values, series) in sorted {
            let pairs = zip(labels, values).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            guard case .histogram = kind else {
                text += line("", pairs, Self.number(series.value))
                continue
            }
            var cumulative: UInt64 = 0
            for (bound, count) in zip(bounds, series.buckets) {
                cumulative += count
                text += line("_bucket", pairs + ["le=\"\(Self.number(bound))\""], "\(cumulative)")
            }
            text += line("_bucket", pairs + ["le=\"+Inf\""], "\(series.count)")
            text += line("_sum", pairs, Self.number(series.value))
            text += line("_count", pairs, "\(series.count)")
        }
        return text
    }

    private func line(_ suffix: String, _ pairs: [String], _ value: String) -> String {
        name + suffix + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") + " \(value)\n"
    }

    private var kindName: String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a fraction, as long as a Double counts them exactly.
        if value == value.rounded(), abs(value) < 0x1p53 { return "\(Int64(value))" }
        return "\(value)"
    }

    /// Backslash and newline everywhere; quotes in label values only.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
    }
}
