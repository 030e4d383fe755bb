import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// What this process knows of the runs and no status says yet.
final class RunBook: Sendable {
    private struct Choice {
        var backup: RecoveryRun.ChosenBackup
        /// Finished when it is written.
        var written: AsyncStream<Void>.Continuation
    }

    private struct Page {
        var outcomes: [RunMachine.StepID: RunMachine.Outcome] = [:]
        var progress: [RunMachine.StepID: String] = [:]
        var choices: [RunMachine.StepID: Choice] = [:]
        var lastWake = ContinuousClock.now
        /// When the ledger was last asked since the run began, and whether it answered.
        var lastLook: ContinuousClock.Instant?
        var hasFailedToLook = false
        /// What the ledger said when it said that the run is over: it is not asked again.
        var verdict: RunMachine.LedgerView?
        var earlier: [RunMachine.StepID: RecoveryRun.StepStatus] = [:]
    }

    private struct State {
        /// By the run's UID.
        var pages: [String: Page] = [:]
        /// The UIDs of the runs that have not ended, for the day that one is deleted.
        var known: [ObjectKey: String] = [:]
        /// Which run a plan's recovery is: one at a time.
        var claims: [ObjectKey: (uid: String, name: String)] = [:]
    }

    /// How often a run that is under way looks at the ledger with nothing to begin.
    private static let interval = Duration.seconds(30)

    private let state = Mutex(State())

    // MARK: Runs

    /// - Returns: the UID of another run that had the name and was not seen to go.
    func enter(_ key: ObjectKey, _ uid: String, isOver: Bool) -> String? {
        state.withLock { state in
            let former = state.known[key]
            state.known[key] = isOver ? nil : uid
            if !isOver, state.pages[uid] == nil { state.pages[uid] = Page() }
            return former == uid ? nil : former
        }
    }

    func leave(_ key: ObjectKey) -> String? { state.withLock { $0.known.removeValue(forKey: key) } }

    func forget(_ uid: String) {
        let page = state.withLock { $0.pages.removeValue(forKey: uid) }
        for choice in page?.choices.values.map(\.written) ?? [] { choice.finish() }
    }

    /// Makes a run the one that recovers by its plan.
    /// - Parameter isBusy: whether steps of a run, which may be deleted, have not stopped yet.
    /// - Returns: the name of the run that does so already.
    func claim(_ run: RecoveryRun, _ uid: String, isBusy: (String) -> Bool) -> String? {
        let plan = ObjectKey(namespace: run.namespace, name: run.spec.planRef.name)
        let holder = state.withLock { state in
            state.claims[plan].map { (uid: $0.uid, name: $0.name, isKnown: state.known.values.contains($0.uid)) }
        }
        if let holder, holder.uid != uid, holder.isKnown || isBusy(holder.uid) { return holder.name }
        return state.withLock { state in
            // Another worker may have been faster.
            if let now = state.claims[plan], now.uid != holder?.uid, now.uid != uid { return now.name }
            state.claims[plan] = (uid, run.name)
            return nil
        }
    }

    // MARK: Steps

    func observation(_ uid: String) -> RunMachine.Observation {
        state.withLock { state in
            let page = state.pages[uid] ?? Page()
            return RunMachine.Observation(
                ledger: page.verdict, outcomes: page.outcomes, progress: page.progress,
                choices: page.choices.mapValues(\.backup),
                earlier: page.earlier)
        }
    }

    func ended(_ id: RunMachine.StepID, _ outcome: RunMachine.Outcome, _ uid: String) {
        state.withLock { $0.pages[uid]?.outcomes[id] = outcome }
    }

    /// - Returns: a stream that ends when the choice is in the status, or the run is gone.
    func choose(_ backup: RecoveryRun.ChosenBackup, _ id: RunMachine.StepID, _ uid: String) -> AsyncStream<Void> {
        let (stream, written) = AsyncStream<Void>.makeStream()
        let isKnown = state.withLock { state in
            state.pages[uid]?.choices[id] = Choice(backup: backup, written: written)
            return state.pages[uid] != nil
        }
        if !isKnown { written.finish() }
        return stream
    }

    /// - Returns: nil when it is not new, else whether people should see it now.
    func told(_ text: String, _ id: RunMachine.StepID, _ uid: String) -> Bool? {
        state.withLock { state in
            guard let page = state.pages[uid], page.progress[id] != text else { return nil }
            state.pages[uid]?.progress[id] = text
            guard ContinuousClock.now - page.lastWake > .seconds(2) else { return false }
            state.pages[uid]?.lastWake = .now
            return true
        }
    }

    /// The status has what was observed.
    func written(_ status: RecoveryRun.Status?, _ observation: RunMachine.Observation, _ uid: String) {
        let done = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            for id in observation.outcomes.keys {
                state.pages[uid]?.outcomes[id] = nil
                state.pages[uid]?.progress[id] = nil
            }
            var done: [AsyncStream<Void>.Continuation] = []
            for step in status?.steps ?? [] {
                let id = RunMachine.StepID(phase: step.phase, step: step.step)
                guard let choice = state.pages[uid]?.choices[id], choice.backup == step.backup else { continue }
                done.append(choice.written)
                state.pages[uid]?.choices[id] = nil
            }
            return done
        }
        for choice in done { choice.finish() }
    }

    // MARK: The ledger

    func shouldLook(_ uid: String, startsSteps: Bool) -> Bool {
        state.withLock { state in
            guard let page = state.pages[uid], page.verdict == nil else { return false }
            guard let last = page.lastLook else { return true }
            return startsSteps || !page.hasFailedToLook && ContinuousClock.now - last > Self.interval
        }
    }

    func hasFailedToLook(_ uid: String) -> Bool { state.withLock { $0.pages[uid]?.hasFailedToLook ?? false } }

    /// - Parameter view: nil when it did not answer.
    func looked(_ uid: String, _ view: RunMachine.LedgerView?, earlier: [RunMachine.StepID: RecoveryRun.StepStatus]) {
        state.withLock { state in
            state.pages[uid]?.lastLook = .now
            state.pages[uid]?.hasFailedToLook = view == nil
            switch view {
            case .ended, .taken:
                state.pages[uid]?.verdict = view
                state.pages[uid]?.earlier = earlier
            case .absent, .ours, nil: break
            }
        }
    }

    /// Whether the ledger called it over.
    func isOver(_ uid: String) -> Bool { state.withLock { $0.pages[uid]?.verdict != nil } }
}
