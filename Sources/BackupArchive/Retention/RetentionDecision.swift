public import Foundation

/// What may be deleted, as a function of the catalogue and the clock.
///
/// Whatever the rules say, these stay: the newest backup, the newest that was not found broken, the newest that was proven by
/// restoring it, one whose recovery point is in the future (a clock is wrong, and it may be this one), one that is locked,
/// every object that a kept backup needs, whichever backup stored it, and every object that is not in the policy's own
/// folder. One of the future takes no other's place: the newest are those of the past.
public struct RetentionDecision: Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, Codable, CaseIterable {
        case newest, newestVerified, keepFor, keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly, locked,
            inTheFuture
        /// There are no rules.
        case noRules
    }

    /// Why each kept backup is kept, by its name.
    public private(set) var kept: [String: Set<Reason>] = [:]
    /// Oldest first.
    public private(set) var expired: [Manifest] = []
    /// The keys that no kept backup needs, sorted.
    public private(set) var objects: [String] = []
    /// The keys that the kept backups need.
    public private(set) var needed: Set<String> = []

    /// - Parameters:
    ///   - manifests: All of one policy: one that is left out is one whose objects nobody defends.
    ///   - verdicts: What was found by restoring them.
    ///   - locked: Names of backups that the store will not delete yet.
    public init(
        _ rules: RetentionRules, manifests: [Manifest], verdicts: Verdicts = Verdicts(), locked: Set<String> = [],
        now: Date
    ) {
        let sorted = manifests.sorted { ($0.recoveryPoint, $0.backup) > ($1.recoveryPoint, $1.backup) }
        for manifest in sorted {
            let age = now.timeIntervalSince(manifest.recoveryPoint)
            if rules.isEmpty { keep(manifest, .noRules) }
            if age < 0 { keep(manifest, .inTheFuture) }
            if let limit = rules.keepFor, age <= limit { keep(manifest, .keepFor) }
            if locked.contains(manifest.backup) { keep(manifest, .locked) }
        }
        let past = sorted.filter { $0.recoveryPoint <= now }
        if let newest = past.first { keep(newest, .newest) }
        if let newest = past.first(where: { !verdicts.isBroken($0) }) { keep(newest, .newest) }
        if let proven = past.first(where: verdicts.isProven) { keep(proven, .newestVerified) }
        for manifest in past.prefix(max(0, rules.keepLast ?? 0)) { keep(manifest, .keepLast) }
        keepOneOfEach(rules.keepDaily, past, rules, [.era, .year, .month, .day], .keepDaily)
        keepOneOfEach(rules.keepWeekly, past, rules, [.yearForWeekOfYear, .weekOfYear], .keepWeekly)
        keepOneOfEach(rules.keepMonthly, past, rules, [.era, .year, .month], .keepMonthly)
        keepOneOfEach(rules.keepYearly, past, rules, [.era, .year], .keepYearly)

        expired = sorted.filter { kept[$0.backup] == nil }.reversed()
        needed = Set(sorted.filter { kept[$0.backup] != nil }.flatMap { $0.artifacts.map(\.object.key) })
        objects = Set(expired.flatMap(\.ownKeys)).subtracting(needed).sorted()
    }

    private mutating func keep(_ manifest: Manifest, _ reason: Reason) {
        kept[manifest.backup, default: []].insert(reason)
    }

    private mutating func keepOneOfEach(
        _ count: Int?, _ sorted: [Manifest], _ rules: RetentionRules, _ parts: Set<Calendar.Component>, _ reason: Reason
    ) {
        guard let count, count > 0 else { return }
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = rules.timeZone
        var seen: Set<DateComponents> = []
        for manifest in sorted {
            var period = calendar.dateComponents(parts, from: manifest.recoveryPoint)
            period.calendar = nil
            period.timeZone = nil
            guard !seen.contains(period) else { continue }
            guard seen.count < count else { return }
            seen.insert(period)
            keep(manifest, reason)
        }
    }
}

extension Manifest {
    /// Of the artifacts in the policy's own folder: what another put there is not this policy's to delete.
    var ownKeys: [String] {
        let folder = BucketLayout.data(namespace: namespace, policy: policy)
        return artifacts.map(\.object.key).filter { $0.hasPrefix(folder) }
    }
}
