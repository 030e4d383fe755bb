import BackupArchive
import ControllerRuntime
import Cryptography
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// Carries runs out: asks the machine, writes the status, then does what the machine said.
final class RecoveryRunReconciler: Sendable {
    let context: OperatorContext
    let book = RunBook()
    let journals: JournalWriter
    private let runs: Informer<RecoveryRun>
    private let wake: @Sendable (ObjectKey) async -> Void

    init(context: OperatorContext, runs: Informer<RecoveryRun>, wake: @escaping @Sendable (ObjectKey) async -> Void) {
        self.context = context
        self.runs = runs
        self.wake = wake
        journals = JournalWriter(activities: context.activities, logger: context.logger)
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard runs.get(key) != nil else { return deleted(key) }
        // Never from the cache: a decision on an older status could do a step twice.
        guard let run = try await context.client.getIfPresent(RecoveryRun.self, key.name, namespace: key.namespace),
            !run.isBeingDeleted
        else { return deleted(key) }
        let uid = run.metadata.uid ?? key.description
        // Another object had the name before, and went unseen.
        if let former = book.enter(key, uid, isOver: run.isOver) { cancelSteps(of: former) }
        if run.isOver { return try await closed(run, uid) }
        let isBegun = run.status?.startedAt != nil
        if isBegun { _ = book.claim(run, uid, isBusy: hasSteps) }
        let store: (any ObjectStore)?
        var observation = observe(run, uid)
        do {
            store = try await self.store(run)
            if !isBegun, let store { try await ask(store, run, uid, &observation) }
        } catch let error as CancellationError {
            throw error
        } catch {
            return try await cannotBegin(run, error)
        }
        let now = context.now()
        var decision = RunMachine.decide(run.spec, run.status, observation, now: now)
        if isBegun {
            if let store, book.shouldLook(uid, startsSteps: decision.startsSteps), run.spec.desiredState != .aborted {
                await look(store, run, uid, &observation)
                decision = RunMachine.decide(run.spec, run.status, observation, now: now)
            }
        } else if run.spec.mode == .recover, decision.begins, let other = book.claim(run, uid, isBusy: hasSteps) {
            observation.otherRun = other
            decision = RunMachine.decide(run.spec, run.status, observation, now: now)
        }
        let changed = described(run, decision, observation, now)
        // Before the act: the status, then the journal.
        guard try await context.write(changed, unless: changed.status == run.status) else { return deleted(key) }
        await journal(changed, before: run, uid, store, awaited: decision.startsSteps || !observation.choices.isEmpty)
        book.written(changed.status, observation, uid)
        announce(before: run, after: changed)
        KillPoint.stepIntended.reached()
        for action in decision.actions { try await perform(action, changed, uid, store) }
        if changed.isOver { return .requeue(after: .milliseconds(50)) }
        if decision.actions.contains(where: { $0 == .openLedger || $0 == .resumeLedger }) {
            return .requeue(after: .milliseconds(20))
        }
        guard let wakeAt = decision.wakeAt else { return .requeue(after: .seconds(30)) }
        return .requeue(after: .seconds(min(30, max(0.2, wakeAt.timeIntervalSince(context.now())))))
    }

    private func described(
        _ run: RecoveryRun, _ decision: RunMachine.Decision, _ observation: RunMachine.Observation, _ now: Date
    ) -> RecoveryRun {
        var changed = run
        changed.status = decision.status
        changed.status?.observedGeneration = run.metadata.generation
        if decision.status.startedAt != nil, run.spec.mode == .recover { changed.status?.ledgerKey = ledgerKey(run) }
        var conditions = changed.status?.conditions ?? []
        let readiness = Self.readiness(decision.status, waits: observation.otherRun != nil)
        conditions.settle(readiness, generation: run.metadata.generation, now: now)
        changed.status?.conditions = conditions
        return changed
    }

    // MARK: Beginnings and ends

    /// The ledger cannot be asked: nothing is done, and the reason is written where people look.
    private func cannotBegin(_ run: RecoveryRun, _ error: any Error) async throws -> ReconcileResult {
        let (reason, complaint) = Self.complaint(error)
        let now = context.now()
        var changed = run
        var status = run.status ?? RecoveryRun.Status()
        var conditions = status.conditions ?? []
        status.observedGeneration = run.metadata.generation
        status.state = .pending
        status.message = "nothing was done: \(complaint)"
        let isSoon = reason == Reason.notYetSeen
        let message = status.message ?? ""
        conditions.settle(
            isSoon ? .working(reason: reason, message: message) : .stalled(reason: reason, message: message),
            generation: run.metadata.generation, now: now)
        status.conditions = conditions
        changed.status = status
        try await context.write(changed, unless: changed.status == run.status)
        if !isSoon, changed.status?.message != run.status?.message {
            context.recorder.record(.warning, reason: reason, action: "Recover", message, about: run)
        }
        return .requeue(after: .seconds(isSoon ? 2 : 10))
    }

    private func closed(_ run: RecoveryRun, _ uid: String) async throws -> ReconcileResult {
        do {
            try await finish(run, uid)
        } catch let error as CancellationError {
            throw error
        } catch {
            await context.doubts.cast(on: Self.store(of: run), error)
            context.logger.warning(
                "the ledger is not closed yet", metadata: ["run": "\(run.reference)", "error": "\(error)"])
            return .requeue(after: .seconds(30))
        }
        book.forget(uid)
        journals.forget(uid)
        return .done
    }

    /// A run that is deleted while it runs ends as an aborted one does. Its ledger entry stays and says Started: its token is
    /// not executed again by accident.
    private func deleted(_ key: ObjectKey) -> ReconcileResult {
        if let uid = book.leave(key) { cancelSteps(of: uid) }
        return .done
    }

    private func cancelSteps(of uid: String) {
        for name in context.activities.names where name.hasPrefix("run/\(uid)/") { context.activities.cancel(name) }
        book.forget(uid)
        journals.forget(uid)
    }

    private func hasSteps(_ uid: String) -> Bool { context.activities.names.contains { $0.hasPrefix("run/\(uid)/") } }

    // MARK: Apply

    private func perform(
        _ action: RunMachine.Action, _ run: RecoveryRun, _ uid: String, _ store: (any ObjectStore)?
    ) async throws {
        switch action {
        case .openLedger:
            guard let store else { return }
            _ = try await Ledger(store).begin(entry(run, uid))
            KillPoint.ledgerWritten.reached()
        case .resumeLedger:
            guard let store else { return }
            _ = try await Ledger(store).resume(entry(run, uid))
        case .closeLedger: break  // in finish(_:), which also runs after a restart
        case .cancel(let id): context.activities.cancel(activity(uid, id.phase, id.step))
        case .start(let id): start(id, run, uid)
        }
    }

    private func start(_ id: RunMachine.StepID, _ run: RecoveryRun, _ uid: String) {
        guard
            let step = run.spec.plan.phases.first(where: { $0.name == id.phase })?.steps.first(where: {
                $0.name == id.step
            })
        else {
            return
        }
        let status = run.status?.steps?.first { $0.phase == id.phase && $0.step == id.step }
        var spec = run.spec
        spec.to = run.status?.to
        let key = run.reference
        let stepContext = StepContext(
            resolver: context.resolver, namespace: run.namespace, run: spec, step: step,
            startedAt: status?.startedAt ?? context.now(),
            identity: String(
                SHA256.hexHash("\(run.namespace)/\(run.spec.planRef.name)/\(run.spec.token)/\(id.phase)/\(id.step)")
                    .prefix(12)),
            owner: OwnerReference(
                apiVersion: RecoveryRun.resourceType.apiVersion, kind: RecoveryRun.resourceType.kind, name: run.name,
                uid: uid),
            outputs: Self.outputs(for: step, id, run), backup: status?.backup,
            choose: { [self] backup in
                let written = book.choose(backup, id, uid)
                await wake(key)
                for await _ in written {}
                try Task.checkCancellation()
            },
            progress: { [self] text in tell(text, id, uid, key) },
            reached: { name in KillPoint(rawValue: name)?.reached() })
        context.activities.start(activity(uid, id.phase, id.step)) { [self] in
            guard let outcome = await carryOut(stepContext, activity(uid, id.phase, id.step)) else { return }
            book.ended(id, outcome, uid)
            await wake(key)
        }
    }

    /// Nil when the operator is being ended.
    private func carryOut(_ stepContext: StepContext, _ activity: String) async -> RunMachine.Outcome? {
        do {
            let result = try await StepRunner.run(stepContext)
            KillPoint.stepDone.reached()
            return .success(message: result.message, outputs: result.outputs)
        } catch {
            // Shut down: the status says Running, and the next operator asks whether it happened. A tool that was ended
            // by that says so in an error of its own.
            if Task.isCancelled, !context.activities.wasCancelled(activity) { return nil }
            let known = error as? StepError
            let message =
                Task.isCancelled ? "cancelled" : known.map { String($0.description.prefix(2000)) } ?? "cancelled"
            if known?.mayHaveHappened == true { return .unclear(message: message) }
            return .failure(message: message, retriable: !Task.isCancelled && known?.isRetriable ?? false)
        }
    }

    /// What the step that is named by `asBefore` found: names are unique in a phase alone, and an earlier one is meant.
    static func outputs(for step: Step, _ id: RunMachine.StepID, _ run: RecoveryRun) -> [String: [String: String]] {
        guard let name = step.scale?.asBefore else { return [:] }
        let places = PlanCheck.earlierScales(
            named: name, before: .init(phase: id.phase, step: id.step), in: run.spec.plan)
        let found = (run.status?.steps ?? []).filter { status in
            places.contains(.init(phase: status.phase, step: status.step)) && status.outputs?["before"] != nil
        }
        return found.count == 1 ? [name: found[0].outputs ?? [:]] : [:]
    }

    /// Progress is written every two seconds at most.
    private func tell(_ text: String, _ id: RunMachine.StepID, _ uid: String, _ key: ObjectKey) {
        guard let isDue = book.told(text, id, uid) else { return }
        KillPoint.stepProgressed.reached()
        if isDue { context.activities.start("wake/\(uid)") { [wake] in await wake(key) } }
    }

    // MARK: The store

    /// The ledger is closed and the timeline written once the status says how it ended: again after a restart.
    private func finish(_ run: RecoveryRun, _ uid: String) async throws {
        guard run.spec.mode == .recover, run.status?.startedAt != nil, let state = run.status?.state,
            state != .alreadyExecuted
        else { return }
        KillPoint.runFinished.reached()
        let store = try await context.resolver.store(named: run.spec.plan.storeRef.name, namespace: run.namespace)
        let end: LedgerEntry.State = state == .succeeded ? .succeeded : state == .aborted ? .aborted : .failed
        let ledger = Ledger(store)
        guard
            let entry = try await ledger.entry(
                namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token),
            entry.runUID == uid
        else { return }
        if !entry.state.isFinal {
            journals.write(run, uid, to: store)
            await journals.settle(uid)
            try await ledger.finish(entry, end, at: run.status?.finishedAt ?? context.now())
        }
        KillPoint.ledgerClosed.reached()
    }

    /// - Parameter awaited: an act follows, which the journal must speak of before.
    private func journal(
        _ run: RecoveryRun, before: RecoveryRun, _ uid: String, _ store: (any ObjectStore)?, awaited: Bool
    ) async {
        guard let store, run.spec.mode == .recover, run.status?.startedAt != nil, !book.isOver(uid) else { return }
        if run.status?.steps != before.status?.steps || run.status?.state != before.status?.state {
            journals.write(run, uid, to: store)
        }
        if awaited { await journals.settle(uid) }
    }

    // MARK: Names

    func activity(_ uid: String, _ phase: String, _ step: String) -> String { "run/\(uid)/\(phase)/\(step)" }

    private func ledgerKey(_ run: RecoveryRun) -> String {
        BucketLayout.ledger(namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token)
    }

    private func entry(_ run: RecoveryRun, _ uid: String) -> LedgerEntry {
        LedgerEntry(
            namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token, run: run.name, runUID: uid,
            planHash: run.spec.planHash, startedAt: context.now())
    }
}

extension RecoveryRun {
    var isOver: Bool { status?.state?.isTerminal == true }
}

extension RunMachine.Decision {
    /// Whether a run that had not begun does something now.
    var begins: Bool {
        status.startedAt != nil || actions.contains(.openLedger) || actions.contains(.resumeLedger)
    }
}
