import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Testing

@testable import Operator

/// What is concluded from journals, the ledger, stores and other runs.
@Suite struct RunDecisionTests {
    private func line(_ step: String, _ state: StepState, backup: String? = nil) -> RecoveryRun.StepStatus {
        var status = RecoveryRun.StepStatus(phase: "p", step: step, kind: "sql")
        status.state = state
        status.backup = backup.map { RecoveryRun.ChosenBackup(name: $0, artifact: "aa") }
        return status
    }

    @Test("Of several lost runs each journal counts: what is done stays done, what began may have happened")
    func journals() {
        let first = [
            line("one", .succeeded), line("two", .running, backup: "b"), line("three", .unknown),
            line("four", .pending),
        ]
        // The second run died when it had taken the first one's steps over, and begun one of its own.
        let second = [line("one", .pending), line("two", .pending), line("three", .succeeded), line("four", .running)]
        let merged = RunJournal.merge([first, second])
        func state(_ step: String) -> StepState? { merged[.init(phase: "p", step: step)]?.state }
        #expect(["one", "two", "three", "four"].map(state) == [.succeeded, .running, .succeeded, .running])
        #expect(merged[.init(phase: "p", step: "two")]?.backup?.name == "b")
        #expect(
            RunJournal.merge([first, second, [line("one", .skipped), line("one", .failed)]])[
                .init(phase: "p", step: "one")]?.state == .succeeded)
    }

    @Test("A journal comes back as it was written; a line that cannot be read is not passed over")
    func unreadable() throws {
        var run = Sample.run(.running)
        run.status?.steps = [line("one", .running, backup: "b"), line("two", .pending)]
        let bytes = RunJournal.lines(run)
        #expect(try RunJournal.steps(bytes, key: "k") == run.status?.steps)
        let error = #expect(throws: ArchiveError.self) {
            try RunJournal.steps(bytes + Array("{\"phase\": 1}\n".utf8), key: "k")
        }
        #expect(error?.code == .corrupt)
    }

    @Test(
        "A run's ledger entry is its own by its UID alone",
        arguments: [
            (LedgerEntry.State.started, "u", RunMachine.LedgerView.ours),
            (.succeeded, "u", .ended(.succeeded, at: Sample.now)), (.failed, "u", .ended(.failed, at: Sample.now)),
            (.aborted, "u", .ended(.aborted, at: Sample.now)),
            (.started, "other", .taken(run: "r", isFinished: false, state: "Started", planHash: "h")),
            (.failed, "other", .taken(run: "r", isFinished: true, state: "Failed", planHash: "h")),
        ])
    func ledger(state: LedgerEntry.State, owner: String, view: RunMachine.LedgerView) {
        var entry = LedgerEntry(
            namespace: "ns", plan: "plan", token: "t", run: "r", runUID: owner, planHash: "h", startedAt: Sample.now)
        entry.state = state
        entry.finishedAt = state.isFinal ? Sample.now : nil
        #expect(RunMachine.LedgerView(entry, "u") == view)
        #expect(RunMachine.LedgerView(nil, "u") == .absent)
        #expect(!view.isFree(resumes: false))
        #expect(view.isFree(resumes: true) == (owner == "other" && state == .started))
    }

    @Test("A store keeps a ledger only when it was found to tell two writers apart, for the spec that it has now")
    func conditionalWrites() {
        var store = Sample.store()
        store.metadata.generation = 2
        #expect(RecoveryRunReconciler.obstacle(store)?.reason == Reason.notYetSeen)
        store.status = BackupStore.Status()
        store.status?.observedGeneration = 2
        #expect(RecoveryRunReconciler.obstacle(store)?.reason == Reason.storeNotReady)
        store.status?.conditionalWrites = false
        let obstacle = RecoveryRunReconciler.obstacle(store)
        #expect(obstacle?.reason == Reason.noConditionalWrites)
        #expect(
            obstacle?.description.contains("spec.storeRef") == true
                && obstacle?.description.contains("If-None-Match") == true)
        store.status?.conditionalWrites = true
        #expect(RecoveryRunReconciler.obstacle(store) == nil)
        store.metadata.generation = 3
        #expect(RecoveryRunReconciler.obstacle(store)?.reason == Reason.notYetSeen)
    }

    @Test("What was found of a store's former spec is forgotten when the new one cannot be probed")
    func stale() {
        var store = Sample.store()
        store.metadata.generation = 2
        store.status = BackupStore.Status()
        store.status?.observedGeneration = 1
        store.status?.conditionalWrites = true
        let failed = BackupStoreReconciler.Findings(result: .failure(ReferenceError(reason: Reason.probeFailed, "no")))
        #expect(BackupStoreReconciler.decide(store, failed, others: [], now: Sample.now).conditionalWrites == nil)
        store.status?.observedGeneration = 2
        #expect(BackupStoreReconciler.decide(store, failed, others: [], now: Sample.now).conditionalWrites == true)
    }

    @Test("One run of a plan at a time has the claim; a run that is gone has it until its steps have stopped")
    func claims() {
        let book = RunBook()
        func run(_ name: String, plan: String = "plan") -> RecoveryRun {
            var run = Sample.run(.pending)
            run.metadata.name = name
            run.spec.planRef.name = plan
            return run
        }
        func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "ns", name: name) }
        for name in ["a", "b"] { #expect(book.enter(key(name), "uid-\(name)", isOver: false) == nil) }
        #expect(book.claim(run("a"), "uid-a", isBusy: { _ in false }) == nil)
        #expect(book.claim(run("a"), "uid-a", isBusy: { _ in false }) == nil)
        #expect(book.claim(run("b"), "uid-b", isBusy: { _ in false }) == "a")
        #expect(book.claim(run("b", plan: "other"), "uid-b", isBusy: { _ in false }) == nil)
        #expect(book.leave(key("a")) == "uid-a")
        #expect(book.claim(run("b"), "uid-b", isBusy: { $0 == "uid-a" }) == "a")
        #expect(book.claim(run("b"), "uid-b", isBusy: { _ in false }) == nil)
    }

    @Test("A run that another one of its name replaced is told, for its steps to be cancelled")
    func replaced() {
        let book = RunBook()
        let key = ObjectKey(namespace: "ns", name: "a")
        #expect(book.enter(key, "old", isOver: false) == nil)
        #expect(book.enter(key, "old", isOver: false) == nil)
        #expect(book.enter(key, "new", isOver: false) == "old")
        #expect(book.enter(key, "third", isOver: true) == "new")
        #expect(book.leave(key) == nil, "one that is over has nothing to cancel")
    }

    @Test("An answer of the ledger that ends a run is kept, one that does not is asked again before each step")
    func looks() {
        let book = RunBook()
        _ = book.enter(ObjectKey(namespace: "ns", name: "a"), "u", isOver: false)
        #expect(book.shouldLook("u", startsSteps: false), "since the operator began it has not looked")
        book.looked("u", .ours, earlier: [:])
        #expect(!book.shouldLook("u", startsSteps: false))
        #expect(book.shouldLook("u", startsSteps: true))
        book.looked("u", nil, earlier: [:])
        #expect(book.hasFailedToLook("u"))
        #expect(book.shouldLook("u", startsSteps: true))
        book.looked("u", .ended(.succeeded, at: nil), earlier: [:])
        #expect(!book.shouldLook("u", startsSteps: true))
        #expect(book.observation("u").ledger == .ended(.succeeded, at: nil))
        #expect(book.isOver("u"))
    }

    @Test("asBefore goes by an earlier scale step that recorded what it found, not by another one of the name")
    func asBefore() throws {
        func step(_ asBefore: String?) throws -> Step {
            var scale: JSON = ["kind": "Deployment", "name": "web"]
            if let asBefore { scale["asBefore"] = .string(asBefore) } else { scale["replicas"] = 0 }
            var step = Step(name: "web")
            step.scale = try scale.decode(Step.Scale.self)
            return step
        }
        var run = Sample.run(.running)
        let back = try step("web")
        run.spec.plan.phases = [.init(name: "stop", steps: [try step(nil)]), .init(name: "start", steps: [back])]
        var before = RecoveryRun.StepStatus(phase: "stop", step: "web", kind: "scale")
        before.outputs = ["before": "3"]
        run.status?.steps = [before, RecoveryRun.StepStatus(phase: "start", step: "web", kind: "scale")]
        let id = RunMachine.StepID(phase: "start", step: "web")
        #expect(RecoveryRunReconciler.outputs(for: back, id, run) == ["web": ["before": "3"]])
        run.status?.steps?[0].outputs = nil
        #expect(RecoveryRunReconciler.outputs(for: back, id, run) == [:])
    }
}
