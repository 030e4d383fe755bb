import BackupArchive
import Foundation
import ObjectStore
import Testing

@Suite struct RetentionTests {
    private static let now = Date(timeIntervalSince1970: 1_795_392_000)  // Monday, 2026-11-23T00:00:00Z
    private static let day = 86400.0

    private static func manifest(_ name: String, _ point: Date, objects: [String]? = nil) -> Manifest {
        let artifacts = (objects ?? ["data/ns/p/\(name)/a/x"]).map {
            NamedArtifact(
                name: "a", backup: name, storedAt: point,
                object: ArtifactInfo(key: $0, bytes: 1, plainBytes: 1, sha256: ""))
        }
        return Manifest(
            namespace: "ns", policy: "p", backup: name, kind: "git", source: "git/x", artifacts: artifacts,
            record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point,
            finishedAt: point, writer: "t")
    }

    /// `b0` is of now, `b1` of a day ago, and so on.
    private static func daily(_ count: Int) -> [Manifest] {
        (0..<count).map { manifest("b\($0)", now.addingTimeInterval(-Double($0) * day)) }
    }

    @Test(arguments: [
        (RetentionRules(), Array(0..<400)),
        (RetentionRules(keepLast: 0), [0]),
        (RetentionRules(keepFor: 3 * day), [0, 1, 2, 3]),
        (RetentionRules(keepLast: 3), [0, 1, 2]),
        (RetentionRules(keepDaily: 2), [0, 1]),
        // The 23rd is a Monday: this week, and the Sundays that ended the two before.
        (RetentionRules(keepWeekly: 3), [0, 1, 8]),
        (RetentionRules(keepMonthly: 3), [0, 23, 54]),
        (RetentionRules(keepYearly: 2), [0, 327]),
        (RetentionRules(keepFor: day, keepLast: 1, keepWeekly: 2, keepMonthly: 2), [0, 1, 23]),
    ])
    func `A backup is kept when any rule keeps it`(rules: RetentionRules, kept: [Int]) {
        let decision = RetentionDecision(rules, manifests: Self.daily(400), now: Self.now)
        #expect(Set(decision.kept.keys) == Set(kept.map { "b\($0)" }))
        #expect(decision.expired.count == 400 - kept.count)
    }

    @Test func `A day is a day of the policy's zone`() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Tokyo"))
        // 14:00Z and 16:00Z of one day in London are two days in Tokyo.
        let manifests = [16.0, 14.0].map { Self.manifest("h\(Int($0))", Self.now.addingTimeInterval(($0 - 24) * 3600)) }
        let utc = RetentionDecision(RetentionRules(keepDaily: 5), manifests: manifests, now: Self.now)
        #expect(utc.expired.map(\.backup) == ["h14"])
        let tokyo = RetentionDecision(RetentionRules(keepDaily: 5, timeZone: zone), manifests: manifests, now: Self.now)
        #expect(tokyo.expired.isEmpty)
    }

    @Test func `A backup of the future is kept, and does not make the present ones old`() {
        let manifests = [Self.manifest("future", Self.now.addingTimeInterval(90 * Self.day))] + Self.daily(3)
        let decision = RetentionDecision(RetentionRules(keepFor: Self.day), manifests: manifests, now: Self.now)
        #expect(decision.expired.map(\.backup) == ["b2"])
    }

    @Test func `A backup of the future takes nobody's place: the newest of the past stays too`() {
        let manifests = [Self.manifest("future", Self.now.addingTimeInterval(90 * Self.day))] + Self.daily(4)
        for rules in [RetentionRules(keepLast: 1), RetentionRules(keepDaily: 1), RetentionRules(keepYearly: 1)] {
            let decision = RetentionDecision(
                rules, manifests: manifests, verdicts: Verdicts(proven: ["future", "b2"], of: manifests), now: Self.now)
            #expect(Set(decision.kept.keys) == ["future", "b0", "b2"])
        }
    }

    @Test func `A newest backup that is broken does not let the newest good one go`() {
        let manifests = Self.daily(4)
        let verdicts = Verdicts(broken: ["b0", "b1"], of: manifests)
        let decision = RetentionDecision(
            RetentionRules(keepLast: 1), manifests: manifests, verdicts: verdicts, now: Self.now)
        #expect(Set(decision.kept.keys) == ["b0", "b2"])
    }

    /// Zones whose clocks jump, and moments around their jumps: both nights of a year, of three of them.
    private static let zones = ["Etc/UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
    private static let jumps = [
        1_774_746_000.0, 1_792_890_000, 1_772_953_200, 1_793_512_800, 1_775_314_800, 1_791_041_400,
    ]

    @Test(arguments: 0..<400)
    func `Whatever the catalogue, the rules, the zone and the clock are, what must stay stays`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let zone = try #require(TimeZone(identifier: Self.zones[Int.random(in: 0..<Self.zones.count, using: &random)]))
        let now: Date
        switch seed % 3 {
        case 0: now = Self.now
        case 1:
            now = Date(
                timeIntervalSince1970: Self.jumps[Int.random(in: 0..<Self.jumps.count, using: &random)]
                    + Double.random(in: -7200...7200, using: &random))
        default: now = Date(timeIntervalSince1970: Double.random(in: 1_700_000_000...2_000_000_000, using: &random))
        }
        let count = Int.random(in: 0...40, using: &random)
        var manifests: [Manifest] = []
        for index in 0..<count {
            let point = now.addingTimeInterval(Double.random(in: -500...2, using: &random) * Self.day)
            // Some keep what earlier ones stored.
            let shared = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Self.foreign(Int.random(in: 0...max(0, index), using: &random), &random)
            }
            manifests.append(Self.manifest("b\(index)", point, objects: shared + ["data/ns/p/o\(index)"]))
        }
        func maybe(_ limit: Int) -> Int? {
            Bool.random(using: &random) ? Int.random(in: 0...limit, using: &random) : nil
        }
        let rules = RetentionRules(
            keepFor: maybe(100).map { Double($0) * Self.day }, keepLast: maybe(5), keepDaily: maybe(10),
            keepWeekly: maybe(6),
            keepMonthly: maybe(6), keepYearly: maybe(2), timeZone: zone)
        let verified = Set(manifests.map(\.backup).filter { _ in Int.random(in: 0...4, using: &random) == 0 })
        let locked = Set(manifests.map(\.backup).filter { _ in Int.random(in: 0...9, using: &random) == 0 })
        let broken = Set(manifests.map(\.backup).filter { _ in Int.random(in: 0...4, using: &random) == 0 })
            .subtracting(verified)
        let verdicts = Verdicts(proven: verified, broken: broken, of: manifests)
        let decision = RetentionDecision(
            rules, manifests: manifests.shuffled(using: &random), verdicts: verdicts, locked: locked, now: now)

        let expired = Set(decision.expired.map(\.backup))
        #expect(expired.isDisjoint(with: decision.kept.keys) && expired.count + decision.kept.count == count)
        // The newest, the newest proven and the newest that is not broken: of all, and of those that are not of the future.
        for limit in [Date.distantFuture, now] {
            for names in [Set(manifests.map(\.backup)), verified, Set(manifests.map(\.backup)).subtracting(broken)] {
                let those = manifests.filter { names.contains($0.backup) && $0.recoveryPoint <= limit }
                guard let newest = those.max(by: { ($0.recoveryPoint, $0.backup) < ($1.recoveryPoint, $1.backup) })
                else { continue }
                #expect(!expired.contains(newest.backup))
            }
        }
        #expect(expired.isDisjoint(with: locked))
        for manifest in decision.expired {
            #expect(manifest.recoveryPoint <= now)
            if let limit = rules.keepFor { #expect(now.timeIntervalSince(manifest.recoveryPoint) > limit) }
        }
        let needed = Set(manifests.filter { !expired.contains($0.backup) }.flatMap { $0.artifacts.map(\.object.key) })
        #expect(needed.isDisjoint(with: decision.objects))
        // Nothing is left behind either, and a second look finds nothing more.
        let all = Set(manifests.flatMap { $0.artifacts.map(\.object.key) }).filter { $0.hasPrefix("data/ns/p/") }
        #expect(all.subtracting(decision.objects) == needed.filter { $0.hasPrefix("data/ns/p/") })
        #expect(decision.objects.allSatisfy { $0.hasPrefix("data/ns/p/") }, "what lies elsewhere is another's")
        // A lock, a proof or another rule more never lets more go.
        let more = RetentionDecision(
            rules, manifests: manifests, verdicts: verdicts, locked: locked.union(manifests.prefix(3).map(\.backup)),
            now: now)
        #expect(
            Set(more.expired.map(\.backup)).isSubset(of: expired) && Set(more.objects).isSubset(of: decision.objects))
        let rest = manifests.filter { !expired.contains($0.backup) }
        #expect(RetentionDecision(rules, manifests: rest, verdicts: verdicts, locked: locked, now: now).expired.isEmpty)
        if rules.isEmpty { #expect(expired.isEmpty) }
    }

    /// An object of an earlier backup, which now and then is another policy's, or lies outside the folder of the data.
    private static func foreign(_ index: Int, _ random: inout Seeded) -> String {
        ["data/ns/p/o", "data/ns/p/o", "data/ns/p/o", "data/ns/other/o", "ledger/ns/p/o"].randomElement(using: &random)
            .map { "\($0)\(index)" } ?? ""
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
}

@Suite struct ExpiryTests {
    private static let now = Date(timeIntervalSince1970: 1_795_392_000)

    private func with<R>(_ body: (FilesystemStore, [Manifest]) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-expiry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = FilesystemStore(root: folder.path)
        var manifests: [Manifest] = []
        for index in 0..<5 {
            let point = Self.now.addingTimeInterval(Double(index - 5) * 86400)
            // Each needs the first one's object too.
            let objects = Set(["data/ns/p/o0", "data/ns/p/o\(index)"]).sorted()
            for key in objects { _ = try await store.put(key, Array(key.utf8), .none) }
            let manifest = Manifest(
                namespace: "ns", policy: "p", backup: "b\(index)", kind: "git", source: "git/x",
                artifacts: objects.map {
                    NamedArtifact(
                        name: "a", backup: "b0", storedAt: point,
                        object: ArtifactInfo(key: $0, bytes: 1, plainBytes: 1, sha256: ""))
                },
                record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point,
                finishedAt: point, writer: "t")
            manifests.append(try await Catalogue(store).add(manifest))
        }
        return try await body(store, manifests)
    }

    private func keys(_ store: FilesystemStore, _ prefix: String) async throws -> [String] {
        try await store.list(prefix).map(\.key).sorted()
    }

    @Test func `What no kept backup needs is deleted, manifests first, and the list at last`() async throws {
        try await with { store, manifests in
            let decision = RetentionDecision(
                RetentionRules(keepLast: 2), manifests: manifests, verdicts: Verdicts(proven: ["b1"], of: manifests),
                now: Self.now)
            let gone = try await Expiry(store).perform(
                decision, namespace: "ns", policy: "p", now: Self.now, writer: "t")
            #expect(gone == ["b0", "b2"])
            #expect(try await keys(store, "data/") == ["data/ns/p/o0", "data/ns/p/o1", "data/ns/p/o3", "data/ns/p/o4"])
            #expect(try await Catalogue(store).list().manifests.map(\.backup) == ["b1", "b3", "b4"])
            #expect(try await keys(store, "expiry/").isEmpty)
        }
    }

    @Test func `A list that was begun is finished, but what a newer manifest needs stays`() async throws {
        try await with { store, manifests in
            // Killed after the list and the first manifest.
            let list = Expiry.List(
                namespace: "ns", policy: "p", backups: ["b0", "b1"], objects: ["data/ns/p/o0", "data/ns/p/o1"],
                decidedAt: Self.now, writer: "t")
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            _ = try await store.put("expiry/ns/p/1.json", [UInt8](try encoder.encode(list)), .none)
            try await store.delete("catalog/ns/p/b0.json")
            let rest = RetentionDecision(
                RetentionRules(keepLast: 3), manifests: Array(manifests.dropFirst()), now: Self.now)
            #expect(
                try await Expiry(store).perform(rest, namespace: "ns", policy: "p", now: Self.now, writer: "t") == [
                    "b0", "b1",
                ])
            let left = try await keys(store, "data/")
            #expect(left.contains("data/ns/p/o0") && !left.contains("data/ns/p/o1"))
        }
    }

    @Test func `Nothing is deleted while a manifest cannot be read`() async throws {
        try await with { store, manifests in
            _ = try await store.put("catalog/ns/p/bad.json", Array("{".utf8), .none)
            let decision = RetentionDecision(RetentionRules(keepLast: 1), manifests: manifests, now: Self.now)
            await #expect(throws: ArchiveError.self) {
                try await Expiry(store).perform(decision, namespace: "ns", policy: "p", now: Self.now, writer: "t")
            }
            #expect(try await keys(store, "data/").count == 5)
        }
    }
}
