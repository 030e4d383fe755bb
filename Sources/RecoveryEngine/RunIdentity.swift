import Cryptography
import Foundation
public import RecoveryAPI
import KubernetesModel

/// What makes an execution the same one, whoever orders it: the plan's `spec.execute` or `dr recover`.
public enum RunIdentity {
    /// The run's name. A dry run is another object than the recovery of the same token, which it must not use up.
    public static func name(plan: String, token: String, mode: RunMode) -> String {
        let name = "\(plan)-\(token)" + (mode == .dryRun ? ".dryrun" : "")
        return name.utf8.count <= 200 ? name : "\(plan.prefix(120))-\(SHA256.hexHash(name).prefix(16))"
    }

    /// SHA-256 of a plan's canonical JSON: what was executed, for the ledger.
    public static func planHash(_ recipe: RecoveryPlan.Spec) throws -> String {
        SHA256.hexHash([UInt8](try JSONEncoder.kubernetes.encode(recipe)))
    }
}
