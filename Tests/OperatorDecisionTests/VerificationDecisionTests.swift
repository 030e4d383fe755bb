import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct VerificationDecisionTests {
    typealias Decision = VerificationDecision

    struct Row: Sendable, CustomStringConvertible {
        var description: String
        var backup: Backup
        var isRunning = false
        var hold: String?
        var isUrgent = false
        var starts = false
        var cancels = false
    }

    static let rows = [
        Row(description: "nobody asks", backup: Proving.backup("b")),
        Row(description: "asked", backup: Proving.backup("b", token: "t"), starts: true),
        Row(description: "asked while another is verified", backup: Proving.backup("b", token: "t"), hold: "another"),
        Row(description: "answered", backup: Proving.backup("b", proven: true, token: "t", requested: "t")),
        Row(
            description: "asked again", backup: Proving.backup("b", proven: true, token: "u", requested: "t"),
            starts: true),
        Row(
            description: "asked again after it was broken",
            backup: Proving.backup("b", proven: false, token: "u", requested: "t"), starts: true),
        Row(
            description: "under way", backup: Proving.backup("b", token: "t", requested: "t", finished: false),
            isRunning: true),
        Row(
            description: "under way when a recovery begins",
            backup: Proving.backup("b", token: "t", requested: "t", finished: false),
            isRunning: true, hold: "r", isUrgent: true, cancels: true),
        Row(
            description: "its operator was killed",
            backup: Proving.backup("b", token: "t", requested: "t", finished: false), starts: true),
        Row(description: "no token", backup: Proving.backup("b", token: "")),
    ]

    @Test("A verification is started when it is asked for, and once", arguments: rows)
    func starts(_ row: Row) {
        let output = Decision.decide(
            .init(backup: row.backup, isRunning: row.isRunning, hold: row.hold, isUrgent: row.isUrgent, now: noon))
        #expect((output.start != nil) == row.starts)
        #expect(output.cancel == row.cancels)
        // What is proven or broken stays so while it is looked at again.
        #expect(
            output.status.conditions?[ConditionType.restoreVerified]?.status
                == row.backup.status?.conditions?[ConditionType.restoreVerified]?.status)
        if !row.starts, row.hold == nil { #expect(output.status == row.backup.status) }
    }

    @Test("A backup that is not complete is not verified")
    func incomplete() {
        var backup = Proving.backup("b", token: "t")
        backup.status?.conditions = []
        #expect(Decision.decide(.init(backup: backup, now: noon)).start == nil)
    }

    @Test("A verdict is written down, with how long it took; one that is broken after it was proven is shown so")
    func verdicts() throws {
        let backup = Proving.backup("b", proven: true, token: "t", requested: "t", finished: false)
        for broken in [false, true] {
            let output = Decision.decide(
                .init(backup: backup, end: .verdict(Proving.proof("b", broken: broken)), now: noon))
            let condition = try #require(output.status.conditions?[ConditionType.restoreVerified])
            #expect(condition.status == (broken ? .false : .true))
            #expect(condition.reason == (broken ? Reason.verificationFailed : Reason.verified))
            #expect(output.status.verification?.durationSeconds == 90)
            #expect(output.status.verification?.finishedAt == noon && output.status.verification?.verdictAt == noon)
            #expect(output.event?.isGood == !broken)
            if broken {
                #expect(
                    condition.message == "corrupt: a byte is another"
                        && output.status.verification?.error == condition.message)
            }
            #expect(output.start == nil)
        }
    }

    @Test(
        "What could not be found out is tried again, and then unknown, not broken",
        arguments: [Bool?.none, true, false])
    func errors(_ proven: Bool?) throws {
        var backup = Proving.backup("b", proven: proven, token: "t")
        backup.status?.verification?.requested = "before"
        var waits: [TimeInterval] = []
        var now = noon
        while true {
            let started = Decision.decide(.init(backup: backup, now: now))
            #expect(started.start == "t")
            backup.status = started.status
            let ended = Decision.decide(
                .init(
                    backup: backup,
                    end: .failed(reason: Reason.verificationError, message: "no route", isRetriable: true), now: now))
            backup.status = ended.status
            #expect(ended.event?.isGood == false)
            guard let wakeAt = ended.wakeAt else { break }
            #expect(Decision.decide(.init(backup: backup, now: now)).start == nil, "not before its time")
            waits.append(wakeAt.timeIntervalSince(now))
            now = wakeAt
        }
        #expect(waits == [15, 30])
        let condition = try #require(backup.status?.conditions?[ConditionType.restoreVerified])
        #expect(condition.status == (proven.map { $0 ? .true : .false } ?? .unknown))
        if proven == nil { #expect(condition.reason == Reason.verificationError && condition.message == "no route") }
        #expect(backup.status?.verification?.error == "no route" && backup.status?.verification?.attempts == 3)
        #expect(Decision.decide(.init(backup: backup, now: now + 999)).start == nil, "given up")
    }

    @Test("What another attempt cannot mend is told at once")
    func refusals() {
        let backup = Proving.backup("b", token: "t", requested: "t", finished: false)
        let output = Decision.decide(
            .init(backup: backup, end: .failed(reason: Reason.noIdentity, message: "m", isRetriable: false), now: noon))
        #expect(output.status.conditions?[ConditionType.restoreVerified]?.reason == Reason.noIdentity)
        #expect(output.status.verification?.finishedAt == noon && output.wakeAt == nil)
    }

    @Test(
        "What was only checked is no proof and no breakage: unknown, with what is missing, and an earlier verdict stays",
        arguments: [Bool?.none, true, false])
    func onlyChecked(_ proven: Bool?) throws {
        var backup = Proving.backup("b", proven: proven, token: "t", requested: "t", finished: false)
        backup.status?.verification?.startedAt = noon
        let checks = [VerificationReport.Check("snapshot", "2 files"), .init("unseal", "NOT PROVEN")]
        let output = Decision.decide(
            .init(backup: backup, end: .checked(checks, missing: "set spec.verification.vault"), now: noon))
        let condition = try #require(output.status.conditions?[ConditionType.restoreVerified])
        #expect(condition.status == (proven.map { $0 ? .true : .false } ?? .unknown))
        #expect(output.start == nil && output.wakeAt == nil && output.status.verification?.finishedAt == noon)
        #expect(
            output.status.verification?.error?.contains("set spec.verification.vault") == true,
            "dr verify --wait fails with it")
        #expect(output.event?.isGood == false && output.event?.reason == Reason.onlyChecked)
        guard proven == nil else { return }
        #expect(condition.reason == Reason.onlyChecked)
        #expect(condition.message == "not proven: set spec.verification.vault. Checked: snapshot, unseal")
        #expect(output.status.verification?.checks?.count == 2 && output.status.verification?.verdictAt == nil)
        backup.status = output.status
        #expect(
            backup.isProven == nil && Decision.decide(.init(backup: backup, now: noon + 999)).start == nil,
            "it is not asked again by itself")
        let policy = BackupPolicyDecision.decide(
            .init(
                policy: Proving.policy(BackupVerification(everyBackup: true)), backups: [backup], storeProblem: nil,
                now: noon))
        let verified = try #require(policy.status.conditions?[ConditionType.verified])
        #expect(
            verified.status == .unknown && verified.reason == Reason.onlyChecked
                && verified.message == condition.message)
        #expect(
            policy.status.lastVerifiedBackup == nil && policy.status.lastVerificationTime == nil && policy.verify == nil
        )
        let overdue = BackupPolicyDecision.decide(
            .init(
                policy: Proving.policy(BackupVerification(maxAge: Span("1d"))), backups: [backup], storeProblem: nil,
                now: noon))
        let late = try #require(overdue.status.conditions?[ConditionType.verified])
        #expect(late.reason == Reason.verificationOverdue && late.message.contains("set spec.verification.vault"))
    }

    @Test("A time of the future is no reason to wait for it")
    func ahead() {
        var backup = Proving.backup("b", token: "t", requested: "t", finished: false)
        backup.status?.verification?.retryAt = noon + 86400
        #expect(Decision.decide(.init(backup: backup, now: noon)).start == "t")
    }

    struct Recovery: Sendable, CustomStringConvertible {
        var description: String
        var state: RunState?
        var ago: TimeInterval? = 5
        var isStalled = false
        var desired: RecoveryRun.DesiredState?
        var holds: Bool
    }

    static let recoveries = [
        Recovery(description: "new", state: nil, holds: true),
        Recovery(description: "about to begin", state: .pending, holds: true),
        Recovery(description: "runs for days", state: .running, ago: 999_999, holds: true),
        Recovery(description: "does not begin, and says so", state: .pending, isStalled: true, holds: false),
        Recovery(description: "does not begin", state: .pending, ago: 3600, holds: false),
        Recovery(description: "nobody takes it up", state: nil, ago: 3600, holds: false),
        Recovery(description: "of the future", state: nil, ago: -3600, holds: false),
        Recovery(description: "shall not begin yet", state: .pending, desired: .paused, holds: false),
        Recovery(description: "paused", state: .paused, holds: false),
        Recovery(description: "over", state: .succeeded, holds: false),
    ]

    @Test(
        "A recovery holds proofs up while it runs or is about to, and not while it waits for something",
        arguments: recoveries)
    func holds(_ row: Recovery) {
        var run = Sample.run(row.state)
        run.metadata.creationTimestamp = row.ago.map { noon - $0 }
        run.spec.desiredState = row.desired
        if row.isStalled {
            var conditions: [Condition] = []
            conditions.set(
                ConditionType.stalled, .true, reason: Reason.secretMissing, message: "", generation: 1, now: noon)
            run.status?.conditions = conditions
        }
        #expect(run.holdsProofsUp(now: noon) == row.holds)
    }

    @Test("One that was stopped for a recovery starts over afterwards, and that attempt does not count")
    func interrupted() {
        let backup = Proving.backup("b", token: "t", requested: "t", finished: false)
        let held = Decision.decide(
            .init(backup: backup, end: .interrupted, hold: "a recovery is running: r", now: noon))
        #expect(held.start == nil && held.wakeAt != nil && held.status.verification?.attempts == 0)
        var waiting = backup
        waiting.status = held.status
        let next = Decision.decide(.init(backup: waiting, now: noon + 60))
        #expect(next.start == "t" && next.status.verification?.attempts == 1)
    }

    @Test("A backup that is found in the store is as proven as the store says")
    func adopted() throws {
        var backup = Proving.backup("b")
        backup.status = nil
        for proof in [Proving.proof("b"), Proving.proof("b", broken: true)] {
            let output = BackupDecision.decide(
                .init(
                    backup: backup, manifest: Proving.manifest("b"), proof: proof, isRunning: false, end: nil, now: noon
                ))
            #expect(
                output.status.conditions?[ConditionType.restoreVerified]?.status
                    == (proof.failure == nil ? .true : .false))
        }
        var other = Proving.proof("b")
        other.fingerprintDigest = "another"
        let output = BackupDecision.decide(
            .init(backup: backup, manifest: Proving.manifest("b"), proof: other, isRunning: false, end: nil, now: noon))
        #expect(output.status.conditions?[ConditionType.restoreVerified]?.status == .unknown)
    }
}
