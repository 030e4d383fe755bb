import Foundation
import KubernetesModel

/// One thing that happened to one object.
struct EventItem: Sendable, Hashable {
    var kind: String
    var reason: String
    var action: String
    var note: String
    var regarding: [String: String]
    var time: Date

    /// The namespace that the Event itself is in: the object's, `default` for those that have none (client-go's rule).
    var namespace: String { regarding["namespace"].flatMap { $0.isEmpty ? nil : $0 } ?? "default" }
}

/// Which events become objects and which only raise a count, as a value.
///
/// The same event again within ten minutes belongs to a series. So does the eleventh with another note about the same
/// object for the same reason: notes that hold a number or a time would otherwise be new for ever.
struct EventCorrelator: Sendable {
    enum Decision: Sendable, Equatable {
        case create(name: String)
        case extend(name: String, count: Int64)
        /// Counted, and told with the next of the series.
        case count
    }

    private struct Group: Hashable {
        var kind: String
        var reason: String
        var action: String
        var object: [String: String]
    }

    private struct Series {
        var name: String
        var count: Int64 = 1
        var first: Date
        var last: Date
        var told: Date
    }

    private var groups: [Group: [String: Series]] = [:]
    private var nextSweep = Date.distantPast

    static let window: TimeInterval = 600
    static let notesPerGroup = 10
    /// The first few of a series are told at once, the others no more often than this.
    static let tellInterval: TimeInterval = 30
    static let toldAtOnce = 5

    /// - Parameter name: a new name for the case that an object is needed.
    mutating func decide(_ item: EventItem, name: @autoclosure () -> String) -> Decision {
        sweep(item.time)
        let group = Group(kind: item.kind, reason: item.reason, action: item.action, object: item.regarding)
        var known = groups[group, default: [:]]
        known = known.filter { item.time.timeIntervalSince($0.value.last) < Self.window }
        defer { groups[group] = known }
        var note = item.note
        if known[note] == nil, known.count >= Self.notesPerGroup,
            let newest = known.max(by: { $0.value.first < $1.value.first })
        {
            note = newest.key
        }
        guard var series = known[note] else {
            let new = name()
            known[note] = Series(name: new, first: item.time, last: item.time, told: item.time)
            return .create(name: new)
        }
        series.count += 1
        series.last = item.time
        let isDue = series.count <= Self.toldAtOnce || item.time.timeIntervalSince(series.told) >= Self.tellInterval
        if isDue { series.told = item.time }
        known[note] = series
        return isDue ? .extend(name: series.name, count: series.count) : .count
    }

    /// The object could not be written, or is gone: the next of the series makes another.
    mutating func forget(name: String) {
        for (group, known) in groups { groups[group] = known.filter { $0.value.name != name } }
    }

    var size: Int { groups.values.reduce(0) { $0 + $1.count } }

    private mutating func sweep(_ now: Date) {
        guard now >= nextSweep else { return }
        nextSweep = now.addingTimeInterval(60)
        groups = groups.compactMapValues { known in
            let kept = known.filter { now.timeIntervalSince($0.value.last) < Self.window }
            return kept.isEmpty ? nil : kept
        }
    }
}

/// What the API allows in an Event.
enum EventText {
    /// 1 kB.
    static let noteLimit = 1000
    static let wordLimit = 128

    /// At most so many bytes, never half a character.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var result = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            if size > limit - 3 { break }
            result.append(character)
        }
        return result + "…"
    }

    /// client-go's form: the object's name and a number that grows with time. A DNS subdomain whatever the object is
    /// called, at most 253 characters.
    static func name(_ object: String, time: Date, salt: UInt16) -> String {
        let stamp = UInt64(max(0, time.timeIntervalSince1970) * 1_000_000)
        var base = Substring(
            object.lowercased().prefix(200).map { character in
                character.isASCII && (character.isLetter || character.isNumber || character == "." || character == "-")
                    ? String(character) : "-"
            }.joined())
        while let last = base.last, last == "-" || last == "." { base.removeLast() }
        while let first = base.first, first == "-" || first == "." { base.removeFirst() }
        let digits = String(salt, radix: 16)
        return "\(base.isEmpty ? "object" : base).\(String(stamp, radix: 16))"
            + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
