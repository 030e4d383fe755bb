import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine

struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a recovery plan and shows how it goes.",
        discussion: """
            Makes a RecoveryRun; the plan itself, which may be owned by Git, is not edited. A token is executed once, for ever: \
            the same token again is refused, and --resume goes on with one that was begun and lost.
            """)

    @OptionGroup var cluster: ClusterOptions

    @Argument(help: "The RecoveryPlan.")
    var plan: String

    @Option(help: "What names this execution: an incident's number. Made from the time when absent.")
    var token: String?

    @Option(help: "Latest, LatestVerified, a backup's name, or a time such as 2026-11-23T10:00:00Z.")
    var to: String?

    @Flag(help: "Checks what can be checked and changes nothing.")
    var dryRun = false

    @Flag(help: "Goes on with a token that an earlier, lost run began.")
    var resume = false

    @Flag(inversion: .prefixedNo, help: "Shows how it goes until its end.")
    var wait = true

    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let source = try await client.get(RecoveryPlan.self, plan, namespace: namespace)
            if resume, token == nil { throw ValidationError("--resume needs --token: which execution goes on?") }
            let stamp = CommandToken.make()
            let token = self.token ?? stamp
            let recipe = source.spec.recipe
            let mode = dryRun ? RunMode.dryRun : .recover
            try check(source, token)
            let own = RunIdentity.name(plan: plan, token: token, mode: mode)
            let name = resume ? "\(own)-resume-\(stamp)" : own
            let run = RecoveryRun(
                metadata: ObjectMeta(
                    name: name, namespace: namespace, labels: ["dr.hotswap.io/plan": LabelValue.of(plan)]),
                spec: RecoveryRun.Spec(
                    planRef: ObjectReference(name: plan), token: token, mode: mode, to: target(), plan: recipe,
                    planHash: try RunIdentity.planHash(recipe), resume: resume ? true : nil))
            let made: RecoveryRun
            do {
                made = try await client.create(run)
            } catch let error as KubernetesError where error.isAlreadyExists {
                let other = try await client.get(RecoveryRun.self, name, namespace: namespace)
                throw Complaint(
                    "--token: \(token) is used already by the RecoveryRun \(name), which is \(other.status?.state?.rawValue ?? "Pending"); to recover again use a new token"
                )
            }
            print("recoveryrun.dr.hotswap.io/\(made.name) created")
            if wait { try await follow(made, client, namespace) }
        }
    }

    private func check(_ plan: RecoveryPlan, _ token: String) throws {
        guard token.utf8.count <= 63, token.wholeMatch(of: /[a-z0-9]([-a-z0-9.]*[a-z0-9])?/) != nil else {
            throw ValidationError(
                "--token: \"\(token)\" is not a name such as inc-2026-11-23 (a-z, 0-9, - and ., at most 63)")
        }
        do throws(SpecError) { try PlanCheck.check(plan.spec) } catch {
            throw Complaint("the RecoveryPlan \"\(plan.name)\" cannot be executed: \(error)")
        }
    }

    private func target() -> RecoveryTarget? {
        switch to {
        case nil: nil
        case "Latest"?: .latest
        case "LatestVerified"?: .latestVerified
        case let text?: Timestamp.parse(text).map(RecoveryTarget.time) ?? .backup(text)
        }
    }

    private func follow(_ made: RecoveryRun, _ client: KubernetesClient, _ namespace: String) async throws {
        var shown: [String: StepState] = [:]
        try await waiting.wait(for: "the RecoveryRun \(made.name)") {
            let run = try await client.get(RecoveryRun.self, made.name, namespace: namespace)
            for step in run.status?.steps ?? []
            where step.state != .pending && shown["\(step.phase)/\(step.step)"] != step.state {
                shown["\(step.phase)/\(step.step)"] = step.state
                print("\(step.phase)/\(step.step): \(step.state.rawValue)\(step.message.map { "  \($0)" } ?? "")")
            }
            if let state = run.status?.state, state.isTerminal || state == .paused {
                print("\(state.rawValue): \(run.status?.message ?? "")")
                if state != .succeeded { throw ExitCode.failure }
                return nil
            }
            // While it runs the steps above say how it goes.
            var text =
                run.status?.state == .running ? "" : WaitReport.text(run.status?.conditions?[ConditionType.ready])
            if text.isEmpty, run.status?.state == .pending { text = run.status?.message ?? "" }
            if run.status == nil {
                text = await WaitOptions.complaint(ofStore: made.spec.plan.storeRef.name, client, namespace)
            }
            return WaitReport.Seen(
                version: run.metadata.resourceVersion ?? "", isTouched: run.status != nil, text: text)
        }
    }
}

struct Abort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends a run: the step under way is cancelled and none follows.")

    @OptionGroup var cluster: ClusterOptions

    @Argument(help: "The RecoveryRun.")
    var recoveryRun: String

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let before = try await client.get(RecoveryRun.self, recoveryRun, namespace: namespace)
            if let state = before.status?.state, state.isTerminal {
                throw Complaint("the RecoveryRun \(recoveryRun) has ended already: \(state.rawValue)")
            }
            _ = try await client.patch(
                RecoveryRun.self, recoveryRun, namespace: namespace, merge: ["spec": ["desiredState": "Aborted"]])
            print("recoveryrun.dr.hotswap.io/\(recoveryRun) aborting")
        }
    }
}
