import BackupArchive
import Foundation
import ObjectStore
import Synchronization
import Testing

/// A policy with a chain: each backup needs the first one's object too, as between two whole bundles.
enum Chain {
    static let now = Date(timeIntervalSince1970: 1_795_392_000)

    static func key(_ index: Int) -> String { "data/ns/p/b\(index)/attempt/a.zst.age" }

    @discardableResult
    static func make(_ count: Int, in store: any ObjectStore) async throws -> [Manifest] {
        var manifests: [Manifest] = []
        for index in 0..<count {
            let point = now.addingTimeInterval(Double(index - count) * 86400)
            let artifacts = Set([0, index]).sorted().map { number in
                NamedArtifact(
                    name: "a\(number)", backup: "b\(number)", storedAt: point,
                    object: ArtifactInfo(key: key(number), bytes: 1, plainBytes: 1, sha256: ""))
            }
            _ = try await store.put(key(index), [UInt8(index)], .none)
            manifests.append(
                try await Catalogue(store).add(
                    Manifest(
                        namespace: "ns", policy: "p", backup: "b\(index)", kind: "git", source: "git/x",
                        artifacts: artifacts,
                        record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point,
                        finishedAt: point,
                        writer: "t")))
        }
        return manifests
    }

    static func expire(
        _ rules: RetentionRules, _ store: any ObjectStore, known: Set<String> = [], verified: Set<String> = []
    ) async throws -> [String] {
        let expiry = Expiry(store)
        let manifests = try await Catalogue(store).list(namespace: "ns", policy: "p").manifests
        let decision = try await expiry.review(
            rules, namespace: "ns", policy: "p", verdicts: Verdicts(proven: verified, of: manifests), known: known,
            now: now)
        return try await expiry.perform(decision, namespace: "ns", policy: "p", now: now, writer: "t")
    }

    static func left(_ store: any ObjectStore) async throws -> (backups: [String], objects: [String], lists: Int) {
        (
            try await Catalogue(store).list().manifests.map(\.backup), try await store.list("data/").map(\.key),
            try await store.list("expiry/").count
        )
    }
}

@Suite struct ExpiryStoreTests {
    private struct Killed: Error {}

    @Test("A kill between any two writes leaves what the next call finishes", arguments: Place.allCases)
    func killed(_ place: Place) async throws {
        // The list, three manifests, two objects of three: the first is needed still.
        for effects in 0..<6 {
            try await place.with { base in
                try await Chain.make(5, in: base)
                let left = Mutex(effects)
                var store = AlteredStore(base: base)
                let effect: @Sendable () throws -> Void = {
                    try left.withLock { left in
                        guard left > 0 else { throw Killed() }
                        left -= 1
                    }
                }
                store.put = { base, key, bytes, condition in
                    if key.hasPrefix("expiry/") { try effect() }
                    return try await base.put(key, bytes, condition)
                }
                store.erase = { base, key in
                    try effect()
                    try await base.erase(key)
                }
                await #expect(throws: Killed.self) { try await Chain.expire(RetentionRules(keepLast: 2), store) }
                // Whatever is listed is whole.
                for manifest in try await Catalogue(base).list().manifests {
                    for artifact in manifest.artifacts { #expect(try await base.head(artifact.object.key) != nil) }
                }
                _ = try await Chain.expire(RetentionRules(keepLast: 2), base)
                let rest = try await Chain.left(base)
                #expect(rest.backups == ["b3", "b4"])
                #expect(rest.objects == [0, 3, 4].map(Chain.key), "after \(effects) effects")
                #expect(rest.lists == 0)
            }
        }
    }

    @Test("A list that was begun does not delete what is to be kept by now")
    func keptMeanwhile() async throws {
        try await withFolderStore { base, _ in
            try await Chain.make(5, in: base)
            var store = AlteredStore(base: base)
            store.erase = { _, _ in throw Killed() }
            await #expect(throws: Killed.self) { try await Chain.expire(RetentionRules(keepLast: 2), store) }
            #expect(try await Chain.left(base).lists == 1)
            // A person raised the rule, and the second was proven.
            #expect(try await Chain.expire(RetentionRules(keepLast: 3), base, verified: ["b1"]) == ["b0"])
            let rest = try await Chain.left(base)
            #expect(rest.backups == ["b1", "b2", "b3", "b4"])
            #expect(rest.objects == (0..<5).map(Chain.key), "all need the first one's")
        }
    }

    @Test("A store whose list hides a manifest gets nothing deleted", arguments: Place.allCases)
    func hidden(_ place: Place) async throws {
        try await place.with { base in
            try await Chain.make(5, in: base)
            for hidden in 0..<5 {
                var store = AlteredStore(base: base)
                store.list = { base, prefix in
                    try await base.list(prefix).filter { $0.key != "catalog/ns/p/b\(hidden).json" }
                }
                let error = await failure(ArchiveError.self) {
                    _ = try await Chain.expire(RetentionRules(keepLast: 1), store)
                }
                #expect(error?.code == .incompleteList)
                #expect(error?.key == "catalog/ns/p/b\(hidden).json")
            }
            // Its data is hidden, too, but the cluster knows of it.
            var store = AlteredStore(base: base)
            store.list = { base, prefix in try await base.list(prefix).filter { !$0.key.contains("b4") } }
            let error = await failure(ArchiveError.self) {
                _ = try await Chain.expire(RetentionRules(keepLast: 1), store, known: ["b4"])
            }
            #expect(error?.code == .incompleteList)
            #expect(try await Chain.left(base).objects.count == 5)
        }
    }

    @Test("Where a deletion is acknowledged and not done, the data stays")
    func undone() async throws {
        try await withFolderStore { base, _ in
            try await Chain.make(3, in: base)
            var store = AlteredStore(base: base)
            store.erase = { base, key in if !key.hasPrefix("catalog/") { try await base.erase(key) } }
            let error = await failure(ArchiveError.self) {
                _ = try await Chain.expire(RetentionRules(keepLast: 1), store)
            }
            #expect(error?.code == .incompleteList)
            #expect(try await Chain.left(base).objects.count == 3)
            #expect(try await Chain.expire(RetentionRules(keepLast: 1), base).sorted() == ["b0", "b1"])
            #expect(try await Chain.left(base).objects == [0, 2].map(Chain.key))
        }
    }

    @Test("A manifest that was copied to another name, or is of another policy, stops everything")
    func copied() async throws {
        try await withFolderStore { store, _ in
            try await Chain.make(3, in: store)
            let bytes = try await store.get("catalog/ns/p/b2.json", range: nil, ifMatch: nil)
            _ = try await store.put("catalog/ns/p/copy.json", bytes, .none)
            let error = await failure(ArchiveError.self) {
                _ = try await Chain.expire(RetentionRules(keepLast: 1), store)
            }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("ns/p/b2") == true)
            #expect(try await Chain.left(store).objects.count == 3)
        }
    }

    @Test("A list names objects of its own policy only, whatever it says")
    func foreignList() async throws {
        try await withFolderStore { store, _ in
            try await Chain.make(2, in: store)
            _ = try await store.put("data/ns/other/b/a/x", [1], .none)
            _ = try await store.put("ledger/ns/plan/t.json", [1], .none)
            let list = Expiry.List(
                namespace: "ns", policy: "p", backups: [], objects: ["data/ns/other/b/a/x", "ledger/ns/plan/t.json"],
                decidedAt: Chain.now,
                writer: "t")
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            _ = try await store.put("expiry/ns/p/1.json", [UInt8](try encoder.encode(list)), .none)
            #expect(try await Chain.expire(RetentionRules(keepLast: 5), store) == [])
            #expect(try await store.head("data/ns/other/b/a/x") != nil)
            #expect(try await store.head("ledger/ns/plan/t.json") != nil)
            #expect(try await store.list("expiry/").isEmpty)
        }
    }

    @Test("What knows of the backups is told before the list goes, and again after a kill between")
    func forgotten() async throws {
        try await withFolderStore { store, _ in
            try await Chain.make(3, in: store)
            let expiry = Expiry(store)
            let decision = try await expiry.review(
                RetentionRules(keepLast: 1), namespace: "ns", policy: "p", verdicts: Verdicts(), now: Chain.now)
            await #expect(throws: Killed.self) {
                try await expiry.perform(decision, namespace: "ns", policy: "p", now: Chain.now, writer: "t") { _ in
                    throw Killed()
                }
            }
            let rest = try await expiry.review(
                RetentionRules(keepLast: 1), namespace: "ns", policy: "p", verdicts: Verdicts(), now: Chain.now)
            let told = Mutex<[String]>([])
            _ = try await expiry.perform(rest, namespace: "ns", policy: "p", now: Chain.now, writer: "t") { names in
                told.withLock { $0 = names }
            }
            #expect(told.withLock { $0 } == ["b0", "b1"])
        }
    }

    @Test("Everything of a policy goes when that is asked for, and nothing of another", arguments: Place.allCases)
    func everything(_ place: Place) async throws {
        try await place.with { store in
            try await Chain.make(3, in: store)
            _ = try await store.put("data/ns/p/b9/attempt/left", [1], .none)
            _ = try await store.put("data/ns/p2/b/attempt/x", [1], .none)
            _ = try await Writers(store).claim(
                namespace: "ns", policy: "p", holder: "h", host: "h", adopt: [], now: Chain.now)
            // Asked before anything goes, and again when everything is known: a no at either time deletes nothing.
            for time in 1...2 {
                let before = try await store.list("").map(\.key)
                var asked = 0
                await #expect(throws: Killed.self) {
                    try await Expiry(store).eraseAll(
                        namespace: "ns", policy: "p", now: Chain.now, writer: "t",
                        confirm: {
                            asked += 1
                            if asked == time { throw Killed() }
                        })
                }
                #expect(try await store.list("").map(\.key) == before)
            }
            let (gone, locked) = try await Expiry(store).eraseAll(
                namespace: "ns", policy: "p", now: Chain.now, writer: "t")
            #expect(gone.sorted() == ["b0", "b1", "b2"] && locked.isEmpty)
            #expect(try await store.list("").map(\.key) == ["data/ns/p2/b/attempt/x", "format.json"])
        }
    }
}

@Suite struct OrphanTests {
    private static let day = 86400.0

    @Test(
        "Data without a manifest and uploads without an end are found, and due after the grace",
        arguments: Place.allCases)
    func found(_ place: Place) async throws {
        try await place.with { store in
            try await Chain.make(2, in: store)
            _ = try await store.put("data/ns/p/b7/attempt/x", [1, 2, 3], .none)
            _ = try await store.put("data/ns/running/b8/attempt/x", [1], .none)
            _ = try await store.put("data/stray", [1], .none)
            let upload = try await store.beginUpload("data/ns/p/b6/attempt/y")
            try await upload.write(part: 1, [UInt8](repeating: 1, count: 5 << 20))
            try await upload.write(part: 2, [1])
            let (orphans, manifests) = try await Orphans.find(store)
            #expect(manifests.count == 2)
            #expect(orphans.objects.map(\.key) == ["data/ns/p/b7/attempt/x", "data/ns/running/b8/attempt/x"])
            #expect(orphans.uploads.map(\.key) == ["data/ns/p/b6/attempt/y"])
            #expect(orphans.bytes == 4)
            #expect(orphans.without(["data/ns/p/b6/", "data/ns/running/b8/"]).count == 1)
            let now = Date()
            func due(_ policy: String, _ running: Set<String>, _ later: Double) -> [String] {
                let due = orphans.due(
                    namespace: "ns", policy: policy, running: running, now: now.addingTimeInterval(later))
                return due.objects + due.uploads.map(\.key)
            }
            #expect(due("p", [], Self.day - 600) == [])
            #expect(due("p", [], Self.day + 600) == ["data/ns/p/b7/attempt/x", "data/ns/p/b6/attempt/y"])
            #expect(due("p", ["b6"], Self.day + 600) == ["data/ns/p/b7/attempt/x"])
            #expect(due("running", ["b8"], 10 * Self.day) == [])
            #expect(due("other", [], 10 * Self.day) == [])

            let (objects, uploads) = orphans.due(
                namespace: "ns", policy: "p", running: [], now: now.addingTimeInterval(2 * Self.day))
            try await Expiry(store).sweep(objects, namespace: "ns", policy: "p", running: [], now: now, writer: "t")
            for upload in uploads { try await store.abort(upload) }
            await upload.abort()
            let after = try await Orphans.find(store).orphans
            #expect(after.objects.map(\.key) == ["data/ns/running/b8/attempt/x"] && after.uploads.isEmpty)
            #expect(try await store.list("expiry/").isEmpty)
            #expect(try await store.head("data/stray") != nil, "what has no place in the layout is not ours")
        }
    }

    @Test("While a manifest cannot be read its policy has no orphans, and a swept object that became a backup's stays")
    func doubtful() async throws {
        try await withFolderStore { store, _ in
            try await Chain.make(2, in: store)
            _ = try await store.put("data/ns/p/b7/attempt/x", [1], .none)
            try await Expiry(store).sweep(
                [Chain.key(1)], namespace: "ns", policy: "p", running: [], now: Chain.now, writer: "t")
            try await Expiry(store).sweep(
                ["data/ns/p/b7/attempt/x"], namespace: "ns", policy: "p", running: ["b7"], now: Chain.now, writer: "t")
            #expect(try await store.list("data/").count == 3)
            _ = try await store.put("catalog/ns/p/bad.json", Array("{".utf8), .none)
            #expect(try await Orphans.find(store).orphans.objects.isEmpty)
        }
    }

    @Test("Where the list hides a manifest its data is no orphan", arguments: Place.allCases)
    func hidden(_ place: Place) async throws {
        try await place.with { base in
            try await Chain.make(3, in: base)
            var store = AlteredStore(base: base)
            store.list = { base, prefix in try await base.list(prefix).filter { $0.key != "catalog/ns/p/b1.json" } }
            let due = try await Orphans.find(store).orphans
                .due(namespace: "ns", policy: "p", running: [], now: Date().addingTimeInterval(2 * Self.day)).objects
            #expect(due == [Chain.key(1)])
            let error = await failure(ArchiveError.self) {
                try await Expiry(store).sweep(
                    due, namespace: "ns", policy: "p", running: [], now: Chain.now, writer: "t")
            }
            #expect(error?.code == .incompleteList)
            #expect(try await base.list("data/").count == 3)
        }
    }

    @Test("A folder's leftovers of killed writers are found, notes without a part too")
    func leftovers() async throws {
        try await withFolderStore { store, folder in
            _ = try await store.put("a", [1], .none)
            for name in ["\(UUID().uuidString.lowercased()).part", "\(UUID().uuidString.lowercased()).key"] {
                try Data("data/ns/p/b/a/x".utf8).write(to: folder.appending(path: ".unfinished/\(name)"))
            }
            let orphans = try await Orphans.find(store).orphans
            #expect(Set(orphans.uploads.map(\.key)) == ["", "data/ns/p/b/a/x"])
            #expect(orphans.nameless(now: Date()).isEmpty)
            #expect(orphans.nameless(now: Date().addingTimeInterval(2 * Self.day)).count == 1)
            for upload in orphans.uploads { try await store.abort(upload) }
            #expect(try await store.abandonedUploads("").isEmpty)
        }
    }
}

@Suite struct WriterTests {
    private static func claim(_ holder: String, epoch: Int = 1, from: [String] = []) -> WriterClaim {
        WriterClaim(
            namespace: "ns", policy: "p", holder: holder, host: "h", epoch: epoch, since: Chain.now, takenFrom: from)
    }

    @Test(
        "Who may write",
        arguments: [
            (nil, [], WriterDecision.create),
            (claim("me"), [], .ours),
            (claim("other"), [], .refused),
            (claim("other"), ["me"], .refused),
            (claim("other"), ["other"], .take),
            (claim("other", epoch: 3), ["other/3"], .take),
            (claim("other", epoch: 3), ["other/2"], .refused),
            // It took it from us, knowing what it did: our old consent is none.
            (claim("other", epoch: 3, from: ["x", "me"]), ["other"], .refused),
            (claim("other", epoch: 3, from: ["x", "me"]), ["other/3"], .take),
        ] as [(WriterClaim?, [String], WriterDecision)])
    func decision(_ claim: WriterClaim?, _ adopt: [String], _ wanted: WriterDecision) {
        #expect(WriterDecision.decide(claim, holder: "me", adopt: adopt) == wanted)
        // What people are told to write is enough.
        if let claim, claim.holder != "me" {
            #expect(WriterDecision.decide(claim, holder: "me", adopt: [claim.consent(for: "me")]) == .take)
        }
    }

    @Test(
        "Of many clusters one gets the claim, a take-over needs the holder's name, and taking it back the epoch",
        arguments: Place.allCases)
    func clusters(_ place: Place) async throws {
        try await place.with { store in
            let writers = Writers(store)
            func claim(_ holder: String, _ adopt: [String] = []) async throws -> Writers.Outcome {
                try await writers.claim(
                    namespace: "ns", policy: "p", holder: holder, host: "h", adopt: adopt, now: Chain.now)
            }
            let holders = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        if case .ours = try await claim("c\(number)") { "c\(number)" } else { nil }
                    }
                }
                return try await group.reduce(into: [String]()) { if let holder = $1 { $0.append(holder) } }
            }
            #expect(holders.count == 1)
            let first = try #require(holders.first)
            #expect(try await claim(first) == .ours(Self.claim(first)))
            guard case .foreign(let held) = try await claim("new") else { return #expect(Bool(false)) }
            #expect(held.holder == first && held.consent(for: "new") == first)
            #expect(try await claim("new", [first]) == .ours(Self.claim("new", epoch: 2, from: [first])))
            // The old cluster's consent to take it from "new" would begin a fight if it were for ever.
            #expect(try await claim(first, ["new/2"]) == .ours(Self.claim(first, epoch: 3, from: [first, "new"])))
            guard case .foreign = try await claim("new", [first]) else { return #expect(Bool(false)) }
            guard case .foreign = try await claim(first == "c0" ? "c1" : "c0") else { return #expect(Bool(false)) }
        }
    }

    @Test("A claim that cannot be read is not taken for free")
    func damaged() async throws {
        try await withFolderStore { store, _ in
            _ = try await store.put("writers/ns/p.json", Array("{}".utf8), .none)
            let error = await failure(ArchiveError.self) {
                _ = try await Writers(store).claim(
                    namespace: "ns", policy: "p", holder: "me", host: "h", adopt: [], now: Chain.now)
            }
            #expect(error?.code == .corrupt && error?.key == "writers/ns/p.json")
        }
    }
}
