import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct BackupDecisionTests {
    typealias Decision = BackupDecision

    private static func failed(_ message: String = "no route", isRetriable: Bool = true, isStored: Bool = false)
        -> Decision.End
    {
        .failed(message: message, isRetriable: isRetriable, isStored: isStored)
    }

    /// A backup whose attempts all fail, until it is given up.
    /// - Returns: The seconds between the attempts, and the backup in the end.
    private func fail(_ patience: TimeInterval, every attempt: TimeInterval = 2) throws -> (
        waits: [TimeInterval], backup: Backup
    ) {
        var backup = Sample.backup("b", .waiting)
        var now = noon
        var waits: [TimeInterval] = []
        for number in 1...1000 {
            let started = Decision.decide(.init(backup: backup, isRunning: false, patience: patience, now: now))
            #expect(started.start)
            backup.status = started.status
            #expect(backup.status?.attempts == Int64(number) && backup.status?.startedAt == noon)
            now += attempt
            let ended = Decision.decide(
                .init(backup: backup, isRunning: false, end: Self.failed(), patience: patience, now: now))
            #expect(!ended.start)
            backup.status = ended.status
            guard let wakeAt = ended.wakeAt else { return (waits, backup) }
            #expect(ended.event?.reason == Reason.backupRetrying)
            #expect(
                !Decision.decide(.init(backup: backup, isRunning: false, patience: patience, now: wakeAt - 1)).start,
                "not before its time")
            waits.append(wakeAt.timeIntervalSince(now))
            now = wakeAt
        }
        Issue.record("it is never given up")
        return (waits, backup)
    }

    @Test(
        "An outage of an hour costs no slot: it is tried again with growing pauses as long as the starting deadline allows"
    )
    func outage() throws {
        let (waits, backup) = try fail(6 * hour)
        #expect(waits.prefix(8) == [15, 30, 60, 120, 240, 480, 600, 600])
        #expect(waits.reduce(0, +) > 6 * hour - 700 && waits.reduce(0, +) < 6 * hour + 600)
        #expect(backup.hasFailed && backup.status?.phase == "Failed")
        #expect(backup.status?.conditions?.isTrue(ConditionType.stalled) == true)
    }

    @Test("Three attempts are made however short the deadline is, and one when another cannot do better")
    func few() throws {
        #expect(try fail(1).waits == [15, 30])
        var backup = Sample.backup("b", .waiting)
        backup.status = Decision.decide(.init(backup: backup, isRunning: false, now: noon)).status
        let ended = Decision.decide(
            .init(backup: backup, isRunning: false, end: Self.failed(isRetriable: false), now: noon))
        #expect(ended.event?.reason == Reason.backupFailed && ended.wakeAt == nil)
    }

    @Test(
        "A backup that ends its operator does not do so for ever: from the third time on it waits, and then is given up"
    )
    func interrupted() throws {
        var backup = Sample.backup("b", .waiting)
        var now = noon
        var waits: [TimeInterval] = []
        while true {
            let output = Decision.decide(.init(backup: backup, isRunning: false, patience: hour, now: now))
            backup.status = output.status
            // Its operator is gone a second later, and the next one looks.
            now += 1
            if output.start { continue }
            guard let wakeAt = output.wakeAt else { break }
            waits.append(wakeAt.timeIntervalSince(now - 1))
            now = wakeAt
        }
        #expect(waits.prefix(4) == [60, 120, 240, 480])
        #expect(backup.hasFailed && now < noon + 2 * hour)
        #expect(backup.status?.error?.contains("interrupted") == true)
    }

    @Test(
        "A backup that is tried again for hours gives way to a new trigger and to the end of its policy, after its first attempts"
    )
    func abandoned() {
        var policy = Sample.policy()
        var backup = Sample.backup("b", .waiting)
        #expect(Decision.abandonment(backup, policy) == nil && Decision.abandonment(backup, nil) != nil)
        #expect(Decision.abandonment(backup, Sample.policy(deletedAgo: 1)) != nil)
        policy.spec.trigger = "t"
        #expect(Decision.abandonment(backup, policy)?.contains("spec.trigger") == true)
        policy.spec.suspend = true
        #expect(Decision.abandonment(backup, policy) == nil, "it would not be taken")
        policy.spec.suspend = false
        policy.status = BackupPolicy.Status()
        policy.status?.lastTrigger = "t"
        #expect(Decision.abandonment(backup, policy) == nil, "it is taken")

        backup.status = Backup.Status()
        backup.status?.startedAt = noon
        backup.status?.retryAt = noon + 600
        backup.status?.error = "no route"
        for (attempts, isOver) in [(2, false), (3, true)] as [(Int64, Bool)] {
            backup.status?.attempts = attempts
            let output = Decision.decide(.init(backup: backup, isRunning: false, abandoned: "asked", now: noon + 60))
            #expect(!output.start && (output.event?.reason == Reason.backupFailed) == isOver)
            if isOver { #expect(output.event?.message == "no route; given up: asked") }
            let ended = Decision.decide(
                .init(backup: backup, isRunning: false, end: Self.failed(), abandoned: "asked", now: noon + 60))
            #expect((ended.event?.reason == Reason.backupFailed) == isOver)
        }
    }

    @Test("Without a place it waits, says so, writes that once, and does not count it as an attempt")
    func queued() throws {
        var backup = Sample.backup("b", .waiting)
        let waiting = Decision.decide(.init(backup: backup, isRunning: false, hold: "2 are being made", now: noon))
        #expect(!waiting.start && waiting.status.attempts == nil && waiting.status.startedAt == nil)
        let ready = try #require(waiting.status.conditions?[ConditionType.ready])
        #expect(ready.status == .false && ready.reason == Reason.queued && ready.message == "2 are being made")
        #expect(
            waiting.status.conditions?.isTrue(ConditionType.reconciling) == true && waiting.status.phase == "Queued")
        backup.status = waiting.status
        #expect(
            Decision.decide(.init(backup: backup, isRunning: false, hold: "2 are being made", now: noon + 60)).status
                == waiting.status)
        #expect(Decision.decide(.init(backup: backup, isRunning: false, now: noon + 60)).start)

        // After attempts that failed: waiting for a place is no interruption.
        backup.status?.attempts = 7
        #expect(Decision.decide(.init(backup: backup, isRunning: false, now: noon + 60)).start)
    }

    @Test("Bytes that are acknowledged without a manifest are stored and not complete; the next attempt starts over")
    func stored() throws {
        var backup = Sample.backup("b", .waiting)
        backup.status = Decision.decide(.init(backup: backup, isRunning: false, now: noon)).status
        #expect(backup.status?.conditions?[ConditionType.stored] == nil)
        for isRetriable in [true, false] {
            let output = Decision.decide(
                .init(
                    backup: backup, isRunning: false,
                    end: Self.failed("access denied", isRetriable: isRetriable, isStored: true), now: noon))
            #expect(output.status.conditions?.isTrue(ConditionType.stored) == true)
            let complete = try #require(output.status.conditions?[ConditionType.complete])
            #expect(complete.status == .false && complete.message.contains("access denied"))
            var again = backup
            again.status = output.status
            guard isRetriable else { continue }
            let next = Decision.decide(.init(backup: again, isRunning: false, now: noon + 60))
            #expect(next.start && next.status.conditions?[ConditionType.stored] == nil)
        }
        let done = Decision.decide(
            .init(backup: backup, isRunning: false, end: .complete(Sample.manifest("b")), now: noon))
        #expect(
            done.status.conditions?.isTrue(ConditionType.stored) == true
                && done.status.conditions?.isTrue(ConditionType.complete) == true)
    }

    @Test("A pause that ends in the far future was written by a wrong clock, and is not waited for")
    func ahead() {
        var backup = Sample.backup("b", .waiting)
        backup.status = Backup.Status()
        backup.status?.attempts = 1
        backup.status?.retryAt = noon + 90 * day
        #expect(Decision.decide(.init(backup: backup, isRunning: false, now: noon)).start)
        backup.status?.startedAt = noon + 90 * day
        backup.status?.attempts = 5
        backup.status?.retryAt = nil
        let ended = Decision.decide(.init(backup: backup, isRunning: false, end: Self.failed(), now: noon))
        #expect(ended.status.retryAt == noon + 240)
    }
}

@Suite struct WorkPlacesTests {
    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "ns", name: name) }

    @Test("So many have a place, the others come in their order, and one that is gone holds nobody up")
    func order() {
        let places = WorkPlaces(2)
        #expect(places.take(key("a"), "a") && places.take(key("b"), "b") && places.take(key("a"), "a"))
        for name in ["c", "d", "e", "c"] { #expect(!places.take(key(name), name)) }
        #expect(places.leave(key("a"), "another's") == [], "only who has it leaves it")
        #expect(places.leave(key("a"), "a") == [key("c")])
        #expect(!places.take(key("d"), "d"), "c came first")
        #expect(places.standAside(key("c")) == [key("d")] && places.standAside(key("c")) == [])
        #expect(!places.take(key("e"), "e") && places.take(key("d"), "d"))
        #expect(places.activity(of: key("d")) == "d" && places.activity(of: key("e")) == nil)
        #expect(places.leave(key("b"), "b") == [key("e")])
    }
}
