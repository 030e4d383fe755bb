import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct PolicyVerificationTests {
    typealias Request = PolicyVerification.Request

    private static let monthly = BackupVerification(schedule: BackupPolicy.Schedule(cron: "0 6 * * MON#1"))
    private static let daily = BackupVerification(schedule: BackupPolicy.Schedule(cron: "0 6 * * *"))
    private static let every = BackupVerification(everyBackup: true)

    private func decide(
        _ policy: BackupPolicy, _ backups: [Backup], proofs: [Proof] = [], now: Date = noon
    ) -> BackupPolicyDecision.Output {
        BackupPolicyDecision.decide(
            .init(policy: policy, backups: backups, storeProblem: nil, proofs: proofs, now: now))
    }

    private static func status(slot: Date? = nil, last: Date? = nil, backup: String? = nil) -> BackupPolicy.Status {
        var status = BackupPolicy.Status()
        status.lastVerificationSlot = slot
        status.lastVerificationTime = last
        status.lastVerifiedBackup = backup
        return status
    }

    /// 06:00 of the day of `noon`.
    private static let six = noon - 6 * hour

    struct Row: Sendable, CustomStringConvertible {
        var description: String
        var verification: BackupVerification?
        var slot: Date?
        var backups: [Backup]
        var suspend = false
        var expected: Request?
    }

    private static let due = Request(backup: "new", token: "slot-\(Int(six.timeIntervalSince1970))")
    private static let old = Proving.backup("old", at: noon - 2 * day)
    private static let new = Proving.backup("new", at: noon - day)

    static let rows = [
        Row(description: "no verification", slot: noon - day, backups: [old, new]),
        Row(description: "the schedule is new", verification: daily, backups: [old, new]),
        Row(description: "a slot is due", verification: daily, slot: noon - day, backups: [new, old], expected: due),
        Row(description: "handled", verification: daily, slot: six, backups: [new]),
        Row(description: "suspended", verification: daily, slot: noon - day, backups: [new], suspend: true),
        Row(description: "nothing to prove yet", verification: daily, slot: noon - day, backups: []),
        Row(
            description: "one is being verified", verification: daily, slot: noon - day,
            backups: [Proving.backup("old", token: "t"), new]),
        Row(
            description: "the oldest of the missed slots, once", verification: daily, slot: noon - 3 * day,
            backups: [new],
            expected: Request(backup: "new", token: "slot-\(Int((six - 2 * day).timeIntervalSince1970))")),
        Row(description: "missed too long ago", verification: monthly, slot: noon - 60 * day, backups: [new]),
        Row(
            description: "each backup", verification: every, backups: [old, new],
            expected: Request(backup: "new", token: "every-backup")),
        Row(
            description: "each backup, while one is being verified", verification: every,
            backups: [Proving.backup("old", at: noon - 2 * day, token: "every-backup"), new]),
        Row(
            description: "each backup, and it was asked for", verification: every,
            backups: [Proving.backup("new", token: "cli-1", requested: "cli-1")]),
        Row(
            description: "each backup, and it is proven", verification: every,
            backups: [Proving.backup("new", proven: true)]),
    ]

    @Test("A proof is asked for when it is due", arguments: rows)
    func requests(_ row: Row) {
        var policy = Proving.policy(row.verification, status: Self.status(slot: row.slot))
        policy.spec.suspend = row.suspend
        #expect(decide(policy, row.backups).verify == row.expected)
    }

    @Test("A slot is answered once; with nothing to prove it stays open until there is")
    func slots() {
        var policy = Proving.policy(Self.daily, status: Self.status(slot: noon - day))
        let open = decide(policy, [])
        #expect(open.verify == nil && open.status.lastVerificationSlot == noon - day)
        policy.status = open.status
        let asked = decide(policy, [Self.new], now: noon + hour)
        #expect(asked.verify == Self.due && asked.status.lastVerificationSlot == Self.six)
        #expect(asked.status.nextVerification == Self.six + day)
        policy.status = asked.status
        #expect(decide(policy, [Self.new], now: noon + hour).verify == nil)
    }

    struct Judged: Sendable, CustomStringConvertible {
        var description: String
        var verification: BackupVerification?
        var created = noon - 30 * day
        var backups: [Backup] = []
        var proofs: [Proof] = []
        var status: BackupPolicy.Status?
        var condition: Condition.Status
        var reason: String
        var phase = "Ready"
        var last: String?
    }

    static let judged = [
        Judged(description: "never, and nobody asked", condition: .false, reason: Reason.neverVerified),
        Judged(
            description: "never, and it is early", verification: daily, created: noon - day, condition: .false,
            reason: Reason.neverVerified),
        Judged(
            description: "never, and two slots have passed", verification: daily, condition: .false,
            reason: Reason.verificationOverdue,
            phase: "Degraded"),
        Judged(
            description: "proven", verification: daily,
            backups: [Proving.backup("a", proven: true, verdictAt: noon - day)], condition: .true,
            reason: Reason.verified, last: "a"),
        Judged(
            description: "proven with no schedule",
            backups: [Proving.backup("a", proven: true, verdictAt: noon - 999 * day)],
            condition: .true, reason: Reason.verified, last: "a"),
        Judged(
            description: "proven too long ago", verification: BackupVerification(maxAge: Span("1d")),
            backups: [Proving.backup("a", proven: true, verdictAt: noon - 2 * day)], condition: .false,
            reason: Reason.verificationOverdue,
            phase: "Degraded", last: "a"),
        Judged(
            description: "broken", verification: daily, backups: [Proving.backup("a", proven: false)],
            condition: .false,
            reason: Reason.verificationFailed, phase: "Degraded"),
        Judged(
            description: "a newer one is broken than was proven later",
            backups: [
                Proving.backup("a", at: noon - 2 * day, proven: true, verdictAt: noon),
                Proving.backup("b", at: noon - day, proven: false, verdictAt: noon - hour),
            ], condition: .false, reason: Reason.verificationFailed, phase: "Degraded", last: "a"),
        Judged(
            description: "an older one is broken, and a newer was proven since",
            backups: [
                Proving.backup("a", at: noon - 2 * day, proven: false, verdictAt: noon - hour),
                Proving.backup("b", at: noon - day, proven: true, verdictAt: noon),
            ], condition: .true, reason: Reason.verified, last: "b"),
        Judged(
            description: "the one that was proven turned out broken",
            backups: [Proving.backup("a", proven: false, verdictAt: noon)],
            status: status(last: noon - day, backup: "a"), condition: .false, reason: Reason.verificationFailed,
            phase: "Degraded"),
        Judged(
            description: "the object that was proven is gone", status: status(last: noon - day, backup: "gone"),
            condition: .true,
            reason: Reason.verified, last: "gone"),
        Judged(
            description: "the store knows, and no object does", proofs: [Proving.proof("a", at: noon - hour)],
            condition: .true,
            reason: Reason.verified, last: "a"),
        Judged(
            description: "an object knows better than the store",
            backups: [Proving.backup("a", proven: true, verdictAt: noon)],
            proofs: [Proving.proof("a", broken: true, at: noon - hour)], condition: .true, reason: Reason.verified,
            last: "a"),
        Judged(
            description: "it could not be found out", backups: [Proving.backup("a", token: "t", requested: "t")],
            condition: .unknown,
            reason: Reason.notVerified),
    ]

    @Test("Verified says what is known, and the phase when something must be done", arguments: judged)
    func judge(_ row: Judged) throws {
        let output = decide(
            Proving.policy(row.verification, created: row.created, status: row.status), row.backups, proofs: row.proofs)
        let condition = try #require(output.status.conditions?[ConditionType.verified])
        #expect(condition.status == row.condition)
        #expect(condition.reason == row.reason, "\(condition.message)")
        #expect(output.status.phase == row.phase)
        #expect(output.status.conditions?[ConditionType.ready]?.status == .true, "it can still be backed up")
        #expect(output.status.lastVerifiedBackup == row.last)
    }

    @Test("A policy looks again when its proof becomes too old, and its status does not change before")
    func overdue() throws {
        var policy = Proving.policy(BackupVerification(maxAge: Span("1h")))
        let backups = [Proving.backup("a", proven: true, verdictAt: noon - hour + 20)]
        policy.status = decide(policy, backups).status
        let later = decide(policy, backups, now: noon + 10)
        #expect(later.status == policy.status)
        let wakeAt = try #require(later.wakeAt)
        #expect(wakeAt > noon + 20 && wakeAt < noon + 30)
        #expect(
            decide(policy, backups, now: wakeAt).status.conditions?[ConditionType.verified]?.reason
                == Reason.verificationOverdue)
    }

    @Test("A schedule that cannot be is told with its field")
    func badSchedule() {
        let output = decide(Proving.policy(BackupVerification(schedule: BackupPolicy.Schedule(cron: "0 0 30 2 *"))), [])
        let ready = output.status.conditions?[ConditionType.ready]
        #expect(ready?.status == .false && ready?.message.hasPrefix("spec.verification.schedule.cron") ?? false)
    }
}
