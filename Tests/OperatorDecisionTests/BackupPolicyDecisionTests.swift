import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct BackupPolicyDecisionTests {
    private static func policy(
        cron: String? = "0 * * * *", jitter: String? = nil, startingDeadline: String? = nil, trigger: String? = nil,
        rpo: String? = nil,
        created: Date = noon - 30 * day
    ) -> BackupPolicy {
        var policy = Proving.policy(nil, created: created)
        policy.spec.schedule = cron.map {
            BackupPolicy.Schedule(
                cron: $0, jitter: jitter.flatMap { Span($0) }, startingDeadline: startingDeadline.flatMap { Span($0) })
        }
        policy.spec.trigger = trigger
        policy.spec.objective = rpo.flatMap { Span($0) }.map { BackupPolicy.Objective(rpo: $0) }
        return policy
    }

    private func decide(_ policy: BackupPolicy, _ backups: [Backup] = [], now: Date = noon)
        -> BackupPolicyDecision.Output
    {
        BackupPolicyDecision.decide(.init(policy: policy, backups: backups, storeProblem: nil, now: now))
    }

    @Test("A slot makes one Backup, named after it, and is remembered")
    func slots() {
        var policy = Self.policy(created: noon - hour)
        var made: [BackupPolicyDecision.NewBackup] = []
        for minute in stride(from: 0.0, through: 150, by: 5) {
            let output = decide(policy, now: noon + 10 + minute * 60)
            policy.status = output.status
            if let new = output.create {
                made.append(new)
                #expect(output.status.lastSlot == new.slot)
            }
            #expect(
                output.status.nextSlot.map { $0 > noon + 10 + minute * 60 && $0 <= noon + 3610 + minute * 60 } == true)
        }
        #expect(made.map(\.slot) == [noon, noon + hour, noon + 2 * hour])
        #expect(made.map(\.name) == ["p-20261123-120000", "p-20261123-130000", "p-20261123-140000"])
        #expect(made.allSatisfy { $0.trigger == nil })
    }

    @Test("A slot waits for its jitter, which is the same for every operator, and differs from slot to slot")
    func jitter() throws {
        let policy = Self.policy(jitter: "10m", created: noon - 60)
        var delays: Set<TimeInterval> = []
        for slot in 0..<24 {
            var policy = policy
            policy.status = BackupPolicy.Status()
            let due = noon + Double(slot) * hour
            policy.status?.lastSlot = due - hour
            let early = decide(policy, now: due)
            let wakeAt = try #require(early.wakeAt)
            guard early.create == nil else {
                delays.insert(0)
                continue
            }
            // A policy looks once a minute at the latest.
            var now = wakeAt
            while decide(policy, now: now).create == nil, now < due + 601 {
                now = try #require(decide(policy, now: now).wakeAt)
            }
            let output = decide(policy, now: now)
            #expect(output.create?.slot == due && now <= due + 600)
            #expect(output.create == decide(policy, now: now).create, "the same whoever asks")
            #expect(decide(policy, now: now - 1).create == nil)
            delays.insert(now.timeIntervalSince(due))
        }
        #expect(delays.count > 12)
    }

    @Test("A trigger makes one Backup, and the same one not a second, also after a crash before that was written down")
    func triggers() {
        var policy = Self.policy(cron: nil, trigger: "a")
        let first = decide(policy)
        #expect(first.create?.trigger == "a" && first.create?.slot == nil && first.status.lastTrigger == "a")
        #expect(decide(policy, now: noon + 60).create == first.create, "its name is the trigger's")
        policy.status = first.status
        #expect(decide(policy, now: noon + 60).create == nil)
        policy.spec.trigger = "b"
        let running = decide(policy, [Sample.backup("x", .waiting)], now: noon + 60)
        #expect(running.create == nil && running.status.lastTrigger == "a", "one at a time")
        #expect(decide(policy, now: noon + 60).create?.trigger == "b")
        policy.spec.suspend = true
        #expect(decide(policy, now: noon + 60).create == nil)
    }

    @Test("A jitter that makes slots too old before they start is told, with its mend")
    func deadline() throws {
        for (jitter, deadline, field) in [
            ("10m", "5m", true), ("10m", "10m", true), ("6h", nil, true), ("10m", "11m", false), ("5h", nil, false),
        ]
            as [(String, String?, Bool)]
        {
            let output = decide(Self.policy(jitter: jitter, startingDeadline: deadline))
            let ready = try #require(output.status.conditions?[ConditionType.ready])
            #expect((ready.reason == Reason.invalidSpec) == field, "\(jitter) \(deadline ?? "-")")
            if field {
                #expect(ready.message.hasPrefix("spec.schedule.jitter: ") && ready.message.contains("startingDeadline"))
            }
        }
    }

    @Test("A backup that was found broken is nothing to recover to, and the message says so")
    func broken() throws {
        let good = Proving.backup("good", at: noon - 2 * hour)
        let bad = Proving.backup("bad", at: noon - 60, proven: false)
        let output = decide(Self.policy(rpo: "1h"), [good, bad])
        #expect(output.status.lastBackup == "good" && output.status.recoverableTo == noon - 2 * hour)
        let met = try #require(output.status.conditions?[ConditionType.objectiveMet])
        #expect(met.status == .false && met.message.contains("bad is newer, was found broken"))
        #expect(output.status.rpo == "BREACHED 2h/1h")
        let none = decide(Self.policy(rpo: "1h"), [bad])
        #expect(none.status.lastBackup == nil && none.status.recoverableTo == nil)
        let old = decide(Self.policy(rpo: "3h"), [good, Proving.backup("bad", at: noon - 9 * hour, proven: false)])
        #expect(
            old.status.conditions?[ConditionType.objectiveMet]?.message.contains("bad") == false,
            "what is older is no news")
    }

    @Test("A recovery point of the future is none while there is another, and is never met")
    func future() throws {
        let real = Proving.backup("real", at: noon - 600)
        let ahead = Proving.backup("ahead", at: noon + 90 * day)
        let output = decide(Self.policy(cron: nil, rpo: "1h"), [real, ahead])
        #expect(output.status.lastBackup == "real" && output.status.rpo == "met 10m/1h")
        #expect(output.status.conditions?[ConditionType.objectiveMet]?.message.contains("ahead of the clock") == true)
        let alone = decide(Self.policy(cron: nil, rpo: "1h"), [ahead])
        #expect(alone.status.conditions?[ConditionType.objectiveMet]?.status == .false)
        #expect(alone.status.rpo?.hasPrefix("BREACHED") == true)
        let skewed = decide(Self.policy(cron: nil, rpo: "1h"), [Proving.backup("new", at: noon + 5)])
        #expect(
            skewed.status.lastBackup == "new" && skewed.status.conditions?.isTrue(ConditionType.objectiveMet) == true)
    }

    @Test("A slot that a wrong clock has handled ahead of its time does not stop the slots until then")
    func clock() {
        var policy = Self.policy()
        policy.status = BackupPolicy.Status()
        policy.status?.lastSlot = noon + 90 * day
        policy.status?.lastVerificationSlot = noon + 90 * day
        policy.spec.verification = BackupVerification(schedule: BackupPolicy.Schedule(cron: "0 * * * *"))
        let first = decide(policy, [Proving.backup("a")], now: noon + 60)
        #expect(first.create == nil && first.status.lastSlot == noon + 60)
        policy.status = first.status
        let next = decide(policy, [Proving.backup("a")], now: noon + hour)
        #expect(next.create?.slot == noon + hour && next.verify?.backup == "a")

        var fresh = Self.policy(created: noon + 90 * day)
        fresh.status = decide(fresh, now: noon + 60).status
        #expect(decide(fresh, now: noon + hour).create?.slot == noon + hour)
    }
}

@Suite struct StorePlaceTests {
    private static func store(
        _ name: String, endpoint: String? = nil, bucket: String = "b", prefix: String? = nil, path: String? = nil
    ) throws -> BackupStore {
        var store = Sample.store(name)
        if let path { store.spec.filesystem = .init(path: path) }
        guard let endpoint else { return store }
        store.spec.filesystem = nil
        let text = prefix.map { #", "prefix": "\#($0)""# } ?? ""
        store.spec.s3 = try JSONDecoder().decode(
            BackupStore.S3.self,
            from: Data(
                #"{"endpoint": "\#(endpoint)", "bucket": "\#(bucket)", "credentialsSecret": {"name": "s"}\#(text)}"#
                    .utf8))
        return store
    }

    @Test(
        "Two ways to write one server are one place",
        arguments: [
            ("https://h", "https://h/", true), ("https://h", "HTTPS://H:443", true), ("http://h:80", "http://h", true),
            ("https://h.", "https://h", true),
            ("https://h", "http://h", false), ("https://h:9000", "https://h", false), ("https://h", "https://g", false),
            ("https://h/a/", "https://h/a", true),
            ("https://h/a", "https://h", false),
        ])
    func servers(_ one: String, _ other: String, _ isSame: Bool) throws {
        #expect(try Self.store("a", endpoint: one).sharesPlace(with: Self.store("b", endpoint: other)) == isSame)
    }

    @Test(
        "So are two ways to write a prefix or a folder",
        arguments: [
            ("/b", "/b/", true), ("/b", "//b/./", true), ("/b/c", "/b/./c", true), ("/b", "/c", false),
            ("/b", "/b/c", false),
        ])
    func folders(_ one: String, _ other: String, _ isSame: Bool) throws {
        #expect(try Self.store("a", path: one).sharesPlace(with: Self.store("b", path: other)) == isSame)
        let server = "https://h"
        #expect(
            try Self.store("a", endpoint: server, prefix: one).sharesPlace(
                with: Self.store("b", endpoint: server, prefix: other)) == isSame || one.contains(".")
                || other.contains("."))
        #expect(
            try !Self.store("a", endpoint: server, bucket: "x", prefix: one).sharesPlace(
                with: Self.store("b", endpoint: server, prefix: one)))
        #expect(try !Self.store("a", path: one).sharesPlace(with: Self.store("b", endpoint: server)))
    }

    @Test("A probe of the future is no reason to wait for it")
    func ahead() {
        var status = BackupStore.Status()
        status.observedGeneration = 1
        status.lastProbeTime = noon + 90 * day
        #expect(BackupStoreReconciler.rest(status, generation: 1, now: noon) == nil)
        status.lastProbeTime = noon - 10
        #expect(BackupStoreReconciler.rest(status, generation: 1, now: noon) == 20)
    }

    @Test(
        "A store that has failed somebody is probed soon, and not all the time",
        arguments: [(10.0, Double?(20)), (40, nil), (100, nil)])
    func doubted(ago: Double, doubted: Double?) {
        var status = BackupStore.Status()
        status.observedGeneration = 1
        status.lastProbeTime = noon - ago
        var conditions: [Condition] = []
        conditions.settle(.ready(reason: Reason.ready, message: ""), generation: 1, now: noon)
        status.conditions = conditions
        #expect(BackupStoreReconciler.rest(status, generation: 1, now: noon) == 600 - ago)
        #expect(BackupStoreReconciler.rest(status, generation: 1, isDoubted: true, now: noon) == doubted)
    }

    @Test("What one object is refused says nothing about its store")
    func doubts() {
        let object: [ObjectStoreError.Code] = [.notFound, .preconditionFailed, .corrupt, .badKey]
        let store: [ObjectStoreError.Code] = [.unreachable, .unclear, .noSuchBucket, .full, .accessDenied]
        #expect(!object.contains { StoreDoubts.concernsStore(ObjectStoreError($0, "no")) })
        #expect(store.allSatisfy { StoreDoubts.concernsStore(ObjectStoreError($0, "no")) })
        #expect(StoreDoubts.concernsStore(BackupWork.Incomplete(cause: ObjectStoreError(.unreachable, "no"))))
        #expect(!StoreDoubts.concernsStore(CancellationError()))
    }
}
