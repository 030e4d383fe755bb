import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// What is looked at before a decision.
extension RecoveryRunReconciler {
    /// How long a run that is under way waits for the ledger: it may be what brings the store's network back.
    private static let patience = (usual: Duration.seconds(5), afterFailure: Duration.seconds(1))

    /// What happens in this process.
    func observe(_ run: RecoveryRun, _ uid: String) -> RunMachine.Observation {
        var running: Set<RunMachine.StepID> = []
        for phase in run.spec.plan.phases {
            for step in phase.steps where context.activities.isRunning(activity(uid, phase.name, step.name)) {
                running.insert(RunMachine.StepID(phase: phase.name, step: step.name))
            }
        }
        // After it: an activity leaves its outcome before it goes, so that one that has gone in between is not taken for lost.
        var observation = book.observation(uid)
        // Ended, and only its task is not gone yet.
        observation.running = running.subtracting(observation.outcomes.keys)
        return observation
    }

    /// The store is needed to begin. A recovery that has begun goes on without its evidence.
    func store(_ run: RecoveryRun) async throws -> (any ObjectStore)? {
        guard run.spec.mode == .recover else { return nil }
        let isBegun = run.status?.startedAt != nil
        if !isBegun, run.spec.desiredState == .aborted { return nil }
        do {
            return try await context.resolver.store(named: run.spec.plan.storeRef.name, namespace: run.namespace)
        } catch {
            guard isBegun else { throw error }
            context.logger.warning(
                "the store is not usable", metadata: ["run": "\(run.reference)", "error": "\(error)"])
            return nil
        }
    }

    static func store(of run: RecoveryRun) -> ObjectKey {
        ObjectKey(namespace: run.namespace, name: run.spec.plan.storeRef.name)
    }

    // MARK: Before the beginning

    /// Whose the token is, and whether the run may begin.
    func ask(
        _ store: any ObjectStore, _ run: RecoveryRun, _ uid: String, _ observation: inout RunMachine.Observation
    ) async throws {
        let ledger = Ledger(store)
        let entry: LedgerEntry?
        do {
            entry = try await ledger.entry(namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token)
        } catch let error as ArchiveError {
            throw ReferenceError(reason: Reason.storeNotReady, "the ledger cannot be asked: \(error)")
        } catch let error as ObjectStoreError {
            await context.doubts.cast(on: Self.store(of: run), error)
            throw ReferenceError(reason: Reason.storeNotReady, "the ledger cannot be asked: \(error)")
        }
        var view = RunMachine.LedgerView(entry, uid)
        if case .taken(let other, let isFinished, let state, _, let hash) = view, !isFinished, let entry {
            view = .taken(
                run: other, isFinished: false, state: state, isHere: try await isUnderWay(entry, run.namespace),
                planHash: hash)
        }
        observation.ledger = view
        if view.isFree(resumes: run.spec.resume == true) {
            try await requireConditionalWrites(run)
        }
        switch view {
        case .ended: observation.earlier = try await earlier([run.name], run, store)
        case .ours: observation.earlier = try await earlier(entry?.resumedFrom ?? [], run, store)
        case .absent, .taken: break
        }
        observation.otherRun = try await otherRun(run, uid)
    }

    /// Whether the run that has the token is in this very API and has not ended: then it is not lost.
    private func isUnderWay(_ entry: LedgerEntry, _ namespace: String) async throws -> Bool {
        guard let other = try await context.client.getIfPresent(RecoveryRun.self, entry.run, namespace: namespace)
        else { return false }
        return other.metadata.uid == entry.runUID && !other.isOver
    }

    /// A ledger in a store that lets two writers create one key keeps nothing from running twice.
    private func requireConditionalWrites(_ run: RecoveryRun) async throws {
        let store = try await context.resolver.storeResource(run.spec.plan.storeRef.name, namespace: run.namespace)
        if let obstacle = Self.obstacle(store) { throw obstacle }
    }

    static func obstacle(_ store: BackupStore) -> ReferenceError? {
        guard store.status?.observedGeneration == store.metadata.generation else {
            return ReferenceError(
                reason: Reason.notYetSeen,
                "the BackupStore \"\(store.name)\" is being probed: whether its ledger keeps a recovery from running twice is not known yet"
            )
        }
        guard let conditional = store.status?.conditionalWrites else {
            let why = store.status?.conditions?[ConditionType.ready]?.message ?? ""
            return ReferenceError(
                reason: Reason.storeNotReady,
                "nobody knows whether the ledger in the BackupStore \"\(store.name)\" keeps a recovery from running twice: it could not be probed: \(why)"
            )
        }
        guard !conditional else { return nil }
        return ReferenceError(
            reason: Reason.noConditionalWrites,
            "the BackupStore \"\(store.name)\" lets two writers create one key: the recovery could run twice; name a store in spec.storeRef that honours If-None-Match, and use a new token"
        )
    }

    /// Another recovery of the same plan that is under way. Of the same token the ledger decides.
    private func otherRun(_ run: RecoveryRun, _ uid: String) async throws -> String? {
        try await context.client.list(RecoveryRun.self, namespace: run.namespace).items.first { other in
            other.metadata.uid != uid && other.spec.planRef == run.spec.planRef && other.spec.mode == .recover
                && other.status?.startedAt != nil && !other.isOver && !other.isBeingDeleted
        }?.name
    }

    /// What the journals of runs say together.
    private func earlier(
        _ names: [String], _ run: RecoveryRun, _ store: any ObjectStore
    ) async throws -> [RunMachine.StepID: RecoveryRun.StepStatus] {
        var journals: [[RecoveryRun.StepStatus]] = []
        for name in names {
            let key = BucketLayout.journal(namespace: run.namespace, plan: run.spec.planRef.name, run: name)
            do {
                journals.append(try RunJournal.steps(try await store.get(key, range: nil, ifMatch: nil), key: key))
            } catch let error as ObjectStoreError where error.code == .notFound {
                // Lost before its first step.
            }
        }
        return RunJournal.merge(journals)
    }

    // MARK: Under way

    /// The ledger once more: the API may have been restored to what it was, or another cluster may have taken over. A store that
    /// does not answer stops nothing.
    func look(
        _ store: any ObjectStore, _ run: RecoveryRun, _ uid: String, _ observation: inout RunMachine.Observation
    ) async {
        do {
            let limit = book.hasFailedToLook(uid) ? Self.patience.afterFailure : Self.patience.usual
            let answer = try await within(limit) { [self] () -> Answer in
                let entry = try await Ledger(store).entry(
                    namespace: run.namespace, plan: run.spec.planRef.name, token: run.spec.token)
                let view = RunMachine.LedgerView(entry, uid)
                guard case .ended = view else { return Answer(view: view) }
                return Answer(view: view, earlier: try await earlier([run.name], run, store))
            }
            guard let answer else { throw ObjectStoreError(.unreachable, "the store did not answer within \(limit)") }
            book.looked(uid, answer.view, earlier: answer.earlier)
            observation.ledger = answer.view
            observation.earlier = answer.earlier
        } catch {
            book.looked(uid, nil, earlier: [:])
            await context.doubts.cast(on: Self.store(of: run), error)
            context.logger.warning(
                "the ledger was not asked again", metadata: ["run": "\(run.reference)", "error": "\(error)"])
        }
    }

    private struct Answer: Sendable {
        var view: RunMachine.LedgerView
        var earlier: [RunMachine.StepID: RecoveryRun.StepStatus] = [:]
    }
}

extension RunMachine.LedgerView {
    /// Without a word on whether another run is still under way.
    init(_ entry: LedgerEntry?, _ uid: String) {
        guard let entry else {
            self = .absent
            return
        }
        guard entry.runUID == uid else {
            self = .taken(
                run: entry.run, isFinished: entry.state.isFinal, state: entry.state.rawValue, planHash: entry.planHash)
            return
        }
        switch entry.state {
        case .started: self = .ours
        case .succeeded: self = .ended(.succeeded, at: entry.finishedAt)
        case .failed: self = .ended(.failed, at: entry.finishedAt)
        case .aborted: self = .ended(.aborted, at: entry.finishedAt)
        }
    }

    /// Whether the run would write the ledger.
    func isFree(resumes: Bool) -> Bool {
        switch self {
        case .absent: true
        case .taken(_, let isFinished, _, let isHere, _): resumes && !isFinished && !isHere
        case .ours, .ended: false
        }
    }
}
