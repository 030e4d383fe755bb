public import Foundation
import KubernetesClient
public import KubernetesModel
import ObjectStore
public import RecoveryAPI

/// What a step gets to work with.
public struct StepContext: Sendable {
    public let resolver: Resolver
    public let namespace: String
    public let run: RecoveryRun.Spec
    public let step: Step
    /// When the first attempt began: the same after a restart.
    public let startedAt: Date
    /// Names this step of this token for ever: the same after a restart, and for a run that resumes.
    public let identity: String
    /// The run itself, for objects that go when it is deleted.
    public let owner: OwnerReference?
    /// Outputs of the finished steps that this one names, by step name.
    public let outputs: [String: [String: String]]
    /// What an earlier attempt, also one of a lost run, chose to restore.
    public let backup: RecoveryRun.ChosenBackup?
    /// Writes down what is about to be restored, and returns when it is written.
    let choose: @Sendable (RecoveryRun.ChosenBackup) async throws -> Void
    /// Shows people what goes on. Never a secret.
    public let progress: @Sendable (String) -> Void
    /// Kills the process when a test asks for it here.
    public let reached: @Sendable (String) -> Void

    public init(
        resolver: Resolver, namespace: String, run: RecoveryRun.Spec, step: Step, startedAt: Date, identity: String,
        owner: OwnerReference? = nil, outputs: [String: [String: String]], backup: RecoveryRun.ChosenBackup? = nil,
        choose: @escaping @Sendable (RecoveryRun.ChosenBackup) async throws -> Void = { _ in },
        progress: @escaping @Sendable (String) -> Void,
        reached: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        // A dry run says what stands in the way now.
        var resolver = resolver
        resolver.patience = run.mode == .dryRun ? nil : Patience(progress: progress)
        self.resolver = resolver
        self.namespace = namespace
        self.run = run
        self.step = step
        self.startedAt = startedAt
        self.identity = identity
        self.owner = owner
        self.outputs = outputs
        self.backup = backup
        self.choose = choose
        self.progress = progress
        self.reached = reached
    }

    var client: KubernetesClient { resolver.client }
    var isDryRun: Bool { run.mode == .dryRun }
}

public struct StepResult: Sendable, Hashable {
    public var message: String
    public var outputs: [String: String] = [:]
}

/// A step that did not do its work.
public struct StepError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    /// Whether another attempt may do better with nothing changed by a person.
    public var isRetriable: Bool
    /// Whether its work may be done all the same: what was sent may have arrived, and the answer was lost. Only of what must
    /// not be done twice.
    public var mayHaveHappened: Bool

    public init(_ description: String, isRetriable: Bool, mayHaveHappened: Bool = false) {
        self.description = description
        self.isRetriable = isRetriable
        self.mayHaveHappened = mayHaveHappened
    }
}
