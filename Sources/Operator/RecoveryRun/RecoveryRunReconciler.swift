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
import Synchronization

/// Carries runs out: asks the machine, writes the status, then does what the machine said.
final class RecoveryRunReconciler: Sendable {
    private struct Live {
        var outcomes: [RunMachine.StepID: RunMachine.Outcome] = [:]
        var progress: [RunMachine.StepID: String] = [:]
        var lastWake = ContinuousClock.now
    }

    private let context: OperatorContext
    private let runs: Informer<RecoveryRun>
    private let wake: @Sendable (ObjectKey) async -> Void
    /// By the run's UID: what happens in this process and is not in the status yet.
    private let live = Mutex<[String: Live]>([:])
    /// The UIDs of the runs that have not ended, for the day that one is deleted.
    private let known = Mutex<[ObjectKey: String]>([:])

    init(context: OperatorContext, runs: Informer<RecoveryRun>, wake: @escaping @Sendable (ObjectKey) async -> Void) {
        self.context = context
        self.runs = runs
        self.wake = wake
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard runs.get(key) != nil else { return deleted(key) }
        // Never from the cache: a decision on an older status could do a step twice.
        guard let run = try await context.client.getIfPresent(RecoveryRun.self, key.name, namespace: key.namespace),
            !run.isBeingDeleted
        else { return deleted(key) }
        let uid = run.metadata.uid ?? key.description
        if run.status?.state?.isTerminal == true { return try await closed(run, uid) }
        known.withLock { $0[key] = uid }
        let store: (any ObjectStore)?
        let observation: RunMachine.Observation
        do {
            store = try await self.store(run)
            observation = try await observe(run, uid, store)
        } catch let error as CancellationError {
            throw error
        } catch {
            return try await cannotBegin(run, error)
        }
        let now = context.now()
        let decision = RunMachine.decide(run.spec, run.status, observation, now: now)
        var changed = run
        changed.status = decision.status
        changed.status?.observedGeneration = run.metadata.generation
        if decision.status.startedAt != nil, run.spec.mode == .recover { changed.status?.ledgerKey = ledgerKey(run) }
        var conditions = changed.status?.conditions ?? []
        conditions.settle(Self.readiness(decision.status), generation: run.metadata.generation, now: now)
        changed.status?.conditions = conditions
        // Before the act: the status, then the journal.
        try await context.write(changed, unless: changed.status == run.status)
        await journal(changed, unless: changed.status?.steps == run.status?.steps && changed.status?.state == run.status?.state, store)
        forget(observation.outcomes, uid)
        announce(before: run, after: changed)
        KillPoint.stepIntended.reached()
        for action in decision.actions { try await perform(action, changed, uid, store) }
        if changed.status?.state?.isTerminal == true { return .requeue(after: .milliseconds(50)) }
        if decision.actions.contains(where: { $0 == .openLedger || $0 == .resumeLedger }) { return .requeue(after: .milliseconds(20)) }
        guard let wakeAt = decision.wakeAt else { return .requeue(after: .seconds(30)) }
        return .requeue(after: .seconds(min(30, max(0.2, wakeAt.timeIntervalSince(context.now())))))
    }

    // MARK: Beginnings and ends

    /// The store is needed to begin. A recovery that has begun goes on without its evidence: it may be what brings the
    /// store's network back.
    private func store(_ run: RecoveryRun) async throws -> (any ObjectStore)? {
        do {
            return try await context.resolver.store(named: run.spec.plan.storeRef.name, namespace: run.namespace)
        } catch {
            guard run.status?.startedAt != nil || run.spec.mode == .dryRun else { throw error }
            context.logger.warning("the store is not usable", metadata: ["run": "\(run.reference)", "error": "\(error)"])
            return nil
        }
    }

    /// The ledger cannot be asked: nothing is done, and the reason is written where people look.
    private func cannotBegin(_ run: RecoveryRun, _ error: any Error) async throws -> ReconcileResult {
        let (reason, message) = Self.complaint(error)
        let now = context.now()
        var changed = run
        var status = run.status ?? RecoveryRun.Status()
        var conditions = status.conditions ?? []
        status.observedGeneration = run.metadata.generation
        if run.spec.desiredState == .aborted {
            status.state = .aborted
            status.message = "aborted before it began"
            status.finishedAt = now.wholeSeconds
        } else {
            status.state = status.state ?? .pending
            status.message = "nothing was done: the ledger cannot be asked: \(message)"
        }
        let readiness: Readiness = status.state == .pending ? .stalled(reason: reason, message: status.message ?? "") : Self.readiness(status)
        conditions.settle(readiness, generation: run.metadata.generation, now: now)
        status.conditions = conditions
        changed.status = status
        try await context.write(changed, unless: changed.status == run.status)
        if changed.status?.message != run.status?.message {
            context.recorder.record(.warning, reason: reason, action: "Recover", status.message ?? "", about: run)
        }
        return .requeue(after: .seconds(10))
    }

    static func complaint(_ error: any Error) -> (reason: String, message: String) {
        let reason = (error as? ReferenceError)?.reason ?? Reason.storeNotReady
        return (reason, String("\(error)".prefix(2000)))
    }

    private func closed(_ run: RecoveryRun, _ uid: String) async throws -> ReconcileResult {
        known.withLock { $0[run.reference] = nil }
        do {
            try await finish(run)
        } catch let error as CancellationError {
            throw error
        } catch {
            context.logger.warning("the ledger is not closed yet", metadata: ["run": "\(run.reference)", "error": "\(error)"])
            return .requeue(after: .seconds(30))
        }
        live.withLock { $0[uid] = nil }
        return .done
    }

    /// A run that is deleted while it runs ends as an aborted one does. Its ledger entry stays and says Started: its token is
    /// not executed again by accident.
    private func deleted(_ key: ObjectKey) -> ReconcileResult {
        guard let uid = known.withLock({ $0.removeValue(forKey: key) }) else { return .done }
        for name in context.activities.names where name.hasPrefix("run/\(uid)/") { context.activities.cancel(name) }
        live.withLock { $0[uid] = nil }
        return .done
    }

    // MARK: Gather

    private func observe(
        _ run: RecoveryRun, _ uid: String, _ store: (any ObjectStore)?
    ) async throws -> RunMachine.Observation {
        var observation = RunMachine.Observation()
        let state = live.withLock { $0[uid] ?? Live() }
        observation.outcomes = state.outcomes
        observation.progress = state.progress
        for phase in run.spec.plan.phases {
            for step in phase.steps where context.activities.isRunning(activity(uid, phase.name, step.name)) {
                let id = RunMachine.StepID(phase: phase.name, step: step.name)
                // Ended, and only its task is not gone yet.
                if observation.outcomes[id] == nil { observation.running.insert(id) }
            }
        }
        guard let store, run.spec.mode == .recover, run.status?.startedAt == nil else { return observation }
        let entry = try await Ledger(store).entry(namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token)
        switch entry {
        case nil: observation.ledger = .absent
        case let entry? where entry.runUID == uid:
            observation.ledger = .ours
            if let lost = entry.resumedFrom?.last { observation.finishedEarlier = try await finished(by: lost, run, store) }
        case let entry?:
            observation.ledger = .taken(
                run: entry.run, isFinished: entry.state.isFinal, state: entry.state.rawValue,
                isHere: try await isUnderWay(entry, run.namespace))
        }
        return observation
    }

    /// Whether the run that has the token is in this very API and has not ended: then it is not lost.
    private func isUnderWay(_ entry: LedgerEntry, _ namespace: String) async throws -> Bool {
        guard let other = try await context.client.getIfPresent(RecoveryRun.self, entry.run, namespace: namespace) else { return false }
        return other.metadata.uid == entry.runUID && other.status?.state?.isTerminal != true
    }

    /// What the journal of a lost run says is done.
    private func finished(
        by lost: String, _ run: RecoveryRun, _ store: any ObjectStore
    ) async throws -> [RunMachine.StepID: [String: String]] {
        let key = BucketLayout.journal(namespace: run.namespace, plan: run.spec.planRef.name, run: lost)
        guard try await store.head(key) != nil else { return [:] }
        return RunJournal.finishedSteps(try await store.get(key, range: nil, ifMatch: nil))
    }

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
        guard let step = run.spec.plan.phases.first(where: { $0.name == id.phase })?.steps.first(where: { $0.name == id.step }) else {
            return
        }
        let statuses = run.status?.steps ?? []
        let outputs = Dictionary(statuses.map { ($0.step, $0.outputs ?? [:]) }) { _, last in last }
        let key = run.reference
        let stepContext = StepContext(
            resolver: context.resolver, namespace: run.namespace, run: run.spec, step: step,
            startedAt: statuses.first { $0.phase == id.phase && $0.step == id.step }?.startedAt ?? context.now(),
            identity: String(
                SHA256.hexHash("\(run.namespace)/\(run.spec.planRef.name)/\(run.spec.token)/\(id.phase)/\(id.step)").prefix(12)),
            owner: OwnerReference(
                apiVersion: RecoveryRun.resourceType.apiVersion, kind: RecoveryRun.resourceType.kind, name: run.name, uid: uid),
            outputs: outputs, progress: { [self] text in tell(text, id, uid, key) },
            reached: { name in KillPoint(rawValue: name)?.reached() })
        context.activities.start(activity(uid, id.phase, id.step)) { [self] in
            let outcome: RunMachine.Outcome
            do {
                let result = try await StepRunner.run(stepContext)
                KillPoint.stepDone.reached()
                outcome = .success(message: result.message, outputs: result.outputs)
            } catch {
                // Shut down: the status says Running, and the next operator asks whether it happened. A tool that was ended
                // by that says so in an error of its own.
                if Task.isCancelled, !context.activities.wasCancelled(activity(uid, id.phase, id.step)) { return }
                let known = Task.isCancelled ? nil : error as? StepError
                outcome = .failure(
                    message: known.map { String($0.description.prefix(2000)) } ?? "cancelled", retriable: known?.isRetriable ?? false)
            }
            live.withLock { $0[uid, default: Live()].outcomes[id] = outcome }
            await wake(key)
        }
    }

    /// Progress is written every two seconds at most.
    private func tell(_ text: String, _ id: RunMachine.StepID, _ uid: String, _ key: ObjectKey) {
        let isDue = live.withLock { live in
            var state = live[uid] ?? Live()
            defer { live[uid] = state }
            guard state.progress[id] != text else { return false }
            state.progress[id] = text
            KillPoint.stepProgressed.reached()
            guard ContinuousClock.now - state.lastWake > .seconds(2) else { return false }
            state.lastWake = .now
            return true
        }
        if isDue { context.activities.start("wake/\(uid)") { [wake] in await wake(key) } }
    }

    private func forget(_ outcomes: [RunMachine.StepID: RunMachine.Outcome], _ uid: String) {
        live.withLock { live in
            for id in outcomes.keys {
                live[uid]?.outcomes[id] = nil
                live[uid]?.progress[id] = nil
            }
        }
    }

    /// The ledger is closed and the timeline written once the status says how it ended: again after a restart.
    private func finish(_ run: RecoveryRun) async throws {
        guard run.spec.mode == .recover, run.status?.startedAt != nil, let state = run.status?.state, state != .alreadyExecuted else { return }
        KillPoint.runFinished.reached()
        let store = try await context.resolver.store(named: run.spec.plan.storeRef.name, namespace: run.namespace)
        let end: LedgerEntry.State = state == .succeeded ? .succeeded : state == .aborted ? .aborted : .failed
        let ledger = Ledger(store)
        let uid = run.metadata.uid ?? ""
        guard let entry = try await ledger.entry(namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token),
            entry.runUID == uid
        else { return }
        if !entry.state.isFinal {
            await journal(run, unless: false, store)
            try await ledger.finish(entry, end, at: run.status?.finishedAt ?? context.now())
        }
        KillPoint.ledgerClosed.reached()
    }

    private func journal(_ run: RecoveryRun, unless isSame: Bool, _ store: (any ObjectStore)?) async {
        guard let store, !isSame, run.spec.mode == .recover, run.status?.startedAt != nil else { return }
        let name = (run.namespace, run.spec.planRef.name, run.name)
        do {
            _ = try await store.put(
                BucketLayout.journal(namespace: name.0, plan: name.1, run: name.2), RunJournal.lines(run), .none)
            _ = try await store.put(
                BucketLayout.timeline(namespace: name.0, plan: name.1, run: name.2), Array(RunJournal.timeline(run).utf8), .none)
        } catch {
            // A store that is away must not stop a recovery: the status in the API says the same.
            context.logger.warning("the journal was not written", metadata: ["run": "\(run.reference)", "error": "\(error)"])
        }
    }

    // MARK: Names

    private func activity(_ uid: String, _ phase: String, _ step: String) -> String { "run/\(uid)/\(phase)/\(step)" }

    private func ledgerKey(_ run: RecoveryRun) -> String {
        BucketLayout.ledger(namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token)
    }

    private func entry(_ run: RecoveryRun, _ uid: String) -> LedgerEntry {
        LedgerEntry(
            namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token, run: run.name, runUID: uid,
            planHash: run.spec.planHash, startedAt: context.now())
    }

    static func readiness(_ status: RecoveryRun.Status) -> Readiness {
        let text = status.message ?? ""
        return switch status.state ?? .pending {
        case .pending, .running: .working(reason: Reason.running, message: text)
        case .paused: .stalled(reason: Reason.paused, message: text)
        case .succeeded: .ready(reason: Reason.succeeded, message: text)
        case .aborted: .stalled(reason: Reason.aborted, message: text)
        case .failed: .stalled(reason: Reason.failed, message: text)
        case .alreadyExecuted: .stalled(reason: Reason.alreadyExecuted, message: text)
        }
    }

    private func announce(before: RecoveryRun, after: RecoveryRun) {
        let old = Dictionary((before.status?.steps ?? []).map { ("\($0.phase)/\($0.step)", $0.state) }) { _, last in last }
        for step in after.status?.steps ?? [] where old["\(step.phase)/\(step.step)"] != step.state {
            let name = "\(step.phase)/\(step.step)"
            let isGood: Bool
            let reason: String
            switch step.state {
            case .running: (isGood, reason) = (true, Reason.stepStarted)
            case .succeeded: (isGood, reason) = (true, Reason.stepSucceeded)
            case .failed: (isGood, reason) = (false, Reason.stepFailed)
            case .waiting: (isGood, reason) = (false, Reason.stepRetrying)
            case .unknown: (isGood, reason) = (false, Reason.stepUnknown)
            case .pending, .skipped: continue
            }
            context.recorder.record(
                isGood ? .normal : .warning, reason: reason, action: "Recover", "\(name): \(step.message ?? "begun")", about: after)
        }
        if before.status?.state != after.status?.state, let state = after.status?.state, state.isTerminal {
            context.recorder.record(
                state == .succeeded ? .normal : .warning, reason: state.rawValue, action: "Recover", after.status?.message ?? "",
                about: after)
        }
    }
}
