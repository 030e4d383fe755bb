import Synchronization

/// The program's measurements, in the model and the text format of Prometheus (version 0.0.4). Safe from any thread.
///
/// A family is made once, by name, at start: a counter that exists at 0 before the first event lets `rate()` and
/// `increase()` see that event. Asking again for the same name and labels gives the same family.
public final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: MetricFamily]>([:])
    private let collectors = Mutex<[@Sendable () async -> Void]>([])

    public init() {}

    /// A number that only grows; its name ends in `_total`. Without labels it is at 0 from now on.
    public func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        Counter(family: family(name, help, .counter, labels))
    }

    /// A number that goes up and down. Without labels it is at 0 from now on.
    public func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        Gauge(family: family(name, help, .gauge, labels))
    }

    /// Counts of observations by size. Without labels it is at 0 from now on.
    /// - Parameter buckets: upper bounds, inclusive, ascending; the one of infinity is added.
    public func histogram(
        _ name: String, help: String, labels: [String] = [], buckets: [Double] = Histogram.secondsBuckets
    ) -> Histogram {
        precondition(!labels.contains("le"), "a histogram's label cannot be 'le'")
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "buckets must ascend")
        return Histogram(family: family(name, help, .histogram(buckets.filter(\.isFinite)), labels))
    }

    /// Registers work to be done before every scrape, for gauges that would be stale otherwise, such as an age.
    public func beforeScrape(_ body: @escaping @Sendable () async -> Void) {
        collectors.withLock { $0.append(body) }
    }

    /// Everything, by name and labels in a fixed order.
    public func exposition() async -> String {
        for collect in collectors.withLock({ $0 }) { await collect() }
        let all = families.withLock { Array($0.values) }
        return all.sorted { $0.name < $1.name }.map { $0.exposition() }.joined()
    }

    private func family(_ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [String]) -> MetricFamily {
        families.withLock { families in
            if let existing = families[name] {
                precondition(
                    existing.kind == kind && existing.labels == labels,
                    "the metric \(name) exists with another kind, other labels or other buckets")
                return existing
            }
            let made = MetricFamily(name: name, help: help, kind: kind, labels: labels)
            families[name] = made
            return made
        }
    }
}

/// A number that only grows.
public struct Counter: Sendable {
    let family: MetricFamily

    /// - Parameters:
    ///   - amount: at least 0; anything else is ignored.
    ///   - labels: values in the order of the family's label names.
    public func increment(by amount: Double = 1, labels: [String] = []) {
        guard amount >= 0 else { return }
        family.update(labels) { $0.value += amount }
    }

    /// Makes the series exist at 0.
    public func create(labels: [String]) { family.update(labels) { _ in } }

    public func remove(labels: [String]) { family.remove(labels) }

    public func value(labels: [String] = []) -> Double { family.read(labels)?.value ?? 0 }
}

/// A number that goes up and down.
public struct Gauge: Sendable {
    let family: MetricFamily

    public func set(_ value: Double, labels: [String] = []) { family.update(labels) { $0.value = value } }

    public func set(_ value: Bool, labels: [String] = []) { set(value ? 1 : 0, labels: labels) }

    public func add(_ amount: Double, labels: [String] = []) { family.update(labels) { $0.value += amount } }

    /// Makes the series exist at 0.
    public func create(labels: [String]) { family.update(labels) { _ in } }

    /// For what is no more: a deleted policy's age must not stand still for ever.
    public func remove(labels: [String]) { family.remove(labels) }

    public func value(labels: [String] = []) -> Double { family.read(labels)?.value ?? 0 }
}

/// Counts of observations by size.
public struct Histogram: Sendable {
    let family: MetricFamily

    /// From 5 ms to 10 s, the usual ones of client libraries.
    public static let secondsBuckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// From a second to a day: backups and recoveries.
    public static let longBuckets: [Double] = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200, 86400]

    public func observe(_ value: Double, labels: [String] = []) {
        family.update(labels) { series in
            series.value += value
            series.count += 1
            if let bucket = family.bounds.firstIndex(where: { value <= $0 }) { series.buckets[bucket] += 1 }
        }
    }

    /// In seconds.
    public func observe(_ duration: Duration, labels: [String] = []) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18, labels: labels)
    }

    /// Makes the series exist at 0.
    public func create(labels: [String]) { family.update(labels) { _ in } }

    public func remove(labels: [String]) { family.remove(labels) }

    public func count(labels: [String] = []) -> UInt64 { family.read(labels)?.count ?? 0 }
}
