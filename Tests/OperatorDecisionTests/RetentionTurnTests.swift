import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Testing

@testable import Operator

@Suite struct RetentionTurnTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var policy = Sample.policy()
        var backups = [Sample.backup("a", .complete)]
        var runs: [RecoveryRun] = []
        var isVerifying = false
        var problem: String?
        /// Nil for due, a word of the reason, or an empty text for a wait by time alone.
        var waits: String?
        var isOff = false
    }

    static let cases: [Case] = [
        Case(testDescription: "never looked"),
        Case(testDescription: "no rules: everything is kept", policy: Sample.policy(retention: nil), isOff: true),
        Case(testDescription: "looked since the newest backup", policy: Sample.policy(lastRunAgo: 60), waits: ""),
        Case(testDescription: "a backup since", policy: Sample.policy(lastRunAgo: 7200)),
        Case(
            testDescription: "a failed backup since is nothing new", policy: Sample.policy(lastRunAgo: 7200),
            backups: [Sample.backup("a", .failed)], waits: ""),
        Case(testDescription: "a day ago, and no backup since", policy: Sample.policy(lastRunAgo: 86400), backups: []),
        Case(testDescription: "nearly a day ago", policy: Sample.policy(lastRunAgo: 86399), backups: [], waits: ""),
        Case(testDescription: "a backup of the same second", policy: Sample.policy(lastRunAgo: 3600)),
        Case(
            testDescription: "a backup of this second", policy: Sample.policy(lastRunAgo: 0),
            backups: [Sample.backup("a", .complete, finishedAgo: 0)],
            waits: ""),
        Case(testDescription: "the spec has changed since", policy: Sample.policy(lastRunAgo: 60, ranOn: 0)),
        Case(
            testDescription: "a backup that ends in the future is looked at then, and not every second until then",
            policy: Sample.policy(lastRunAgo: 60),
            backups: [Sample.backup("a", .complete), Sample.backup("b", .complete, finishedAgo: -9000)], waits: ""),
        Case(testDescription: "a look of the future is none", policy: Sample.policy(lastRunAgo: -600)),
        Case(testDescription: "suspended", policy: Sample.policy(suspend: true), waits: "suspended"),
        Case(testDescription: "a recovery that has not begun", runs: [Sample.run(nil)], waits: "RecoveryRun r"),
        Case(testDescription: "a recovery runs", runs: [Sample.run(.running)], waits: "RecoveryRun r"),
        Case(testDescription: "a recovery is paused", runs: [Sample.run(.paused)], waits: "RecoveryRun r"),
        Case(
            testDescription: "recoveries are over",
            runs: [Sample.run(.succeeded), Sample.run(.failed), Sample.run(.aborted), Sample.run(.alreadyExecuted)]),
        Case(
            testDescription: "a backup is made",
            backups: [Sample.backup("a", .complete), Sample.backup("b", .waiting)], waits: "Backup b"),
        Case(
            testDescription: "a backup of the catalogue is not being made",
            backups: [Sample.backup("b", .waiting, fromCatalogue: true)]),
        Case(testDescription: "a verification runs", isVerifying: true, waits: "verification"),
        Case(testDescription: "the store is not ready", problem: "the BackupStore is not ready", waits: "not ready"),
        Case(
            testDescription: "not due, and an obstacle is no news", policy: Sample.policy(lastRunAgo: 60),
            runs: [Sample.run(.running)], waits: ""),
    ]

    @Test("When what expires is looked for", arguments: cases)
    func turns(_ example: Case) {
        let turn = RetentionTurn.decide(
            RetentionTurn.Input(
                policy: example.policy, backups: example.backups, runs: example.runs, isVerifying: example.isVerifying,
                problem: example.problem, now: Sample.now))
        switch turn {
        case .off: #expect(example.isOff)
        case .due: #expect(example.waits == nil && !example.isOff)
        case .wait(let why, let until):
            #expect(until > Sample.now)
            #expect(
                example.waits.map { $0.isEmpty ? why == nil : why?.contains($0) ?? false } ?? false, "\(why ?? "-")")
        }
    }

    @Test("Just before anything expires, what was decided about must still be so")
    func outdated() {
        let policy = Self.identified(Sample.policy())
        #expect(RetentionWork.changeSinceExpiry(of: policy, policy, [Sample.run(.succeeded)]) == nil)
        #expect(RetentionWork.changeSinceExpiry(of: policy, nil, []) != nil)
        #expect(RetentionWork.changeSinceExpiry(of: policy, Self.identified(policy, "anew"), []) != nil)
        var changed = policy
        changed.metadata.generation = 2
        #expect(RetentionWork.changeSinceExpiry(of: policy, changed, [])?.contains("spec") == true)
        #expect(
            RetentionWork.changeSinceExpiry(of: policy, Self.identified(Sample.policy(suspend: true)), [])?.contains(
                "suspended") == true)
        #expect(RetentionWork.changeSinceExpiry(of: policy, Self.identified(Sample.policy(deletedAgo: 1)), []) != nil)
        #expect(
            RetentionWork.changeSinceExpiry(of: policy, policy, [Sample.run(nil)])?.contains("RecoveryRun r") == true)
    }

    @Test("Just before a policy's data goes with it, it must be that policy, and still want that")
    func erased() {
        let policy = Self.identified(Sample.policy(onDelete: .delete, deletedAgo: 60))
        #expect(RetentionWork.changeSinceDeletion(of: policy, policy) == nil)
        #expect(RetentionWork.changeSinceDeletion(of: policy, nil) != nil, "its finalizer was removed by hand")
        let anew = Self.identified(Sample.policy(onDelete: .delete), "anew")
        #expect(
            RetentionWork.changeSinceDeletion(of: policy, anew) != nil, "another policy of the name has the data now")
        #expect(
            RetentionWork.changeSinceDeletion(
                of: policy, Self.identified(Sample.policy(onDelete: .delete, deletedAgo: 1), "anew")) != nil)
        #expect(
            RetentionWork.changeSinceDeletion(of: policy, Self.identified(Sample.policy(onDelete: .delete))) != nil,
            "it is not being deleted")
        #expect(
            RetentionWork.changeSinceDeletion(
                of: policy, Self.identified(Sample.policy(onDelete: .retain, deletedAgo: 60))) != nil)
        var released = policy
        released.metadata.finalizers = ["foregroundDeletion"]
        #expect(RetentionWork.changeSinceDeletion(of: policy, released) != nil)
    }

    private static func identified(_ policy: BackupPolicy, _ uid: String = "uid") -> BackupPolicy {
        var policy = policy
        policy.metadata.uid = uid
        return policy
    }

    @Test("Rules are those of the spec, in the schedule's zone")
    func rules() {
        var policy = Sample.policy(
            retention: Retention(
                keepFor: Span("30d"), keepLast: 3, keepDaily: 7, keepWeekly: 8, keepMonthly: 12, keepYearly: 2))
        policy.spec.schedule = BackupPolicy.Schedule(cron: "0 2 * * *", timeZone: "Asia/Tokyo")
        #expect(
            policy.retentionRules
                == RetentionRules(
                    keepFor: 30 * 86400, keepLast: 3, keepDaily: 7, keepWeekly: 8, keepMonthly: 12, keepYearly: 2,
                    timeZone: TimeZone(identifier: "Asia/Tokyo") ?? .gmt))
        #expect(Sample.policy(retention: nil).retentionRules.isEmpty)
    }

    @Test("A long list of names is cut")
    func names() {
        #expect(RetentionReconciler.list(["a", "b"]) == "a, b")
        #expect(RetentionReconciler.list((1...12).map(String.init)).hasSuffix("10 and 2 more backups"))
    }
}

@Suite struct PolicyDeletionTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var policy = Sample.policy(onDelete: .delete, deletedAgo: 60)
        var storeExists = true
        var conflict: String?
        var isRunning = false
        var obstacle: String?
        var failures = 0
        var wanted: Kind
        enum Kind { case free, letGo, wait, erase }
    }

    static let cases: [Case] = [
        Case(testDescription: "the data goes", wanted: .erase),
        Case(testDescription: "nothing of ours holds it", policy: Sample.policy(deletedAgo: 60), wanted: .free),
        Case(testDescription: "it is not being deleted", policy: Sample.policy(onDelete: .delete), wanted: .free),
        Case(
            testDescription: "a person changed to Retain in time",
            policy: Sample.policy(onDelete: .retain, deletedAgo: 60), wanted: .letGo),
        Case(testDescription: "the store is gone", storeExists: false, wanted: .letGo),
        Case(testDescription: "another cluster writes it", conflict: "c2", wanted: .letGo),
        Case(testDescription: "a recovery may need it", obstacle: "the RecoveryRun r is not over", wanted: .wait),
        Case(
            testDescription: "a recovery stands for a day", policy: Sample.policy(onDelete: .delete, deletedAgo: 90000),
            obstacle: "r", wanted: .letGo),
        Case(testDescription: "its data is being deleted", isRunning: true, wanted: .wait),
        Case(
            testDescription: "the store has not answered for a day",
            policy: Sample.policy(onDelete: .delete, deletedAgo: 86401), isRunning: true,
            wanted: .letGo),
        Case(testDescription: "it is tried again", failures: 9, wanted: .erase),
        Case(testDescription: "it is given up", failures: 10, wanted: .letGo),
        Case(
            testDescription: "it is given up after a day", policy: Sample.policy(onDelete: .delete, deletedAgo: 86401),
            failures: 1, wanted: .letGo),
    ]

    @Test("A policy is never held for ever, and its data never goes unasked", arguments: cases)
    func decisions(_ example: Case) {
        let decision = PolicyDeletion.decide(
            PolicyDeletion.Input(
                policy: example.policy, storeExists: example.storeExists, conflict: example.conflict,
                isRunning: example.isRunning, obstacle: example.obstacle,
                failures: example.failures, failure: example.failures > 0 ? "unreachable" : nil, now: Sample.now))
        switch (decision, example.wanted) {
        case (.free, .free), (.erase, .erase), (.wait, .wait): break
        case (.letGo(let why), .letGo): #expect(!why.isEmpty)
        default: Issue.record("\(decision)")
        }
    }

    @Test("Ten attempts take less than an hour and a half")
    func patience() {
        #expect((1...10).map(PolicyDeletion.delay).reduce(0, +) < 5400)
        #expect(PolicyDeletion.delay(1) == 5 && PolicyDeletion.delay(100) == 600)
    }
}
