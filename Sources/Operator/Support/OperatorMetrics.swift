public import ControllerRuntime
public import Foundation

/// What the operator tells about the protected systems. The names and their meaning are in `docs/metrics.md`.
public protocol OperatorMetrics: RuntimeMetrics {
    /// - Parameter result: `complete` or `failed`.
    func backedUp(result: String)
    /// - Parameter result: `verified`, `broken`, `checked` when nothing was restored, or `error` when it could not be found out.
    func verified(result: String)
    /// - Parameter facts: nil when the policy is gone.
    func policy(namespace: String, name: String, _ facts: PolicyFacts?)
}

/// What is known of a policy; nil where there is nothing yet.
public struct PolicyFacts: Sendable, Hashable {
    public var recoverableTo: Date?
    public var lastVerificationTime: Date?
    public var lastVerificationSeconds: Int64?
    /// The objective, in seconds.
    public var rpo: Int64?
    public var credentialEndsAt: Date?
}

public struct NoOperatorMetrics: OperatorMetrics {
    public init() {}
    public func reconciled(controller: String, result: String, seconds: Double) {}
    public func queue(controller: String, depth: Int) {}
    public func backedUp(result: String) {}
    public func verified(result: String) {}
    public func policy(namespace: String, name: String, _ facts: PolicyFacts?) {}
}
