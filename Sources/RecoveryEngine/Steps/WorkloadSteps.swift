import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

extension Step.Workload.Kind {
    var resourceType: ResourceType {
        switch self {
        case .deployment: ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
        case .statefulSet: ResourceType(group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets")
        }
    }
}

/// Sets the number of pods and waits until it is reached.
enum ScaleStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.scale else { throw StepError("no scale", isRetriable: false) }
        let type = wanted.kind.resourceType
        let before = try await Poll.through(context) {
            try await context.client.scale(type, wanted.name, namespace: context.namespace)
        }
        let replicas = try target(wanted, context)
        if context.isDryRun {
            return StepResult(
                message: "would scale \(wanted.name) from \(before.spec) to \(replicas)",
                outputs: ["before": String(before.spec)])
        }
        // After a restart the number is already ours: what was there before is on the object.
        let found = try await remember(wanted, type, before.spec, context)
        if before.spec != replicas {
            try await Poll.through(context) {
                try await context.client.setScale(type, wanted.name, namespace: context.namespace, replicas: replicas)
            }
        }
        try await Poll.until(context, "\(replicas) pods of \(wanted.name)") {
            let now = try await context.client.scale(type, wanted.name, namespace: context.namespace)
            return now.status == replicas ? nil : "\(now.status) pods of \(replicas)"
        }
        return StepResult(
            message: "\(wanted.kind.rawValue) \(wanted.name) has \(replicas) pods, before \(found)",
            outputs: ["before": String(found), "replicas": String(replicas)])
    }

    private static func target(_ wanted: Step.Scale, _ context: StepContext) throws -> Int {
        if let replicas = wanted.replicas { return replicas }
        let name = wanted.asBefore ?? ""
        guard let before = context.outputs[name]?["before"].flatMap({ Int($0) }) else {
            throw StepError(
                "asBefore: the step \"\(name)\" has not recorded how many pods it found", isRetriable: false)
        }
        return before
    }

    private static func remember(
        _ wanted: Step.Scale, _ type: ResourceType, _ current: Int, _ context: StepContext
    ) async throws -> Int {
        let key = "dr.hotswap.io/replicas-before"
        let object = try await Poll.through(context) {
            try await context.client.get(type, wanted.name, namespace: context.namespace)
        }
        let mark = object.content[path: "metadata", "annotations"]?[key]?.string ?? ""
        let parts = mark.split(separator: "=").map(String.init)
        if parts.count == 2, parts[0] == context.identity, let number = Int(parts[1]) { return number }
        _ = try await Poll.through(context) {
            try await context.client.patch(
                type, wanted.name, namespace: context.namespace,
                merge: ["metadata": ["annotations": [key: .string("\(context.identity)=\(current)")]]])
        }
        return current
    }
}

/// Restarts the pods, as `kubectl rollout restart` does.
enum RolloutRestartStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.rolloutRestart else { throw StepError("no rolloutRestart", isRetriable: false) }
        let type = wanted.kind.resourceType
        if context.isDryRun {
            _ = try await context.client.get(type, wanted.name, namespace: context.namespace)
            return StepResult(message: "would restart \(wanted.name)")
        }
        // The time is that of the first attempt: done again after a crash it changes nothing.
        let time = JSON.string(Timestamp.format(context.startedAt))
        _ = try await Poll.through(context) {
            try await context.client.patch(
                type, wanted.name, namespace: context.namespace,
                merge: [
                    "spec": ["template": ["metadata": ["annotations": ["kubectl.kubernetes.io/restartedAt": time]]]]
                ])
        }
        try await Poll.until(context, "the rollout of \(wanted.name)") {
            Rollout.complaint(try await context.client.get(type, wanted.name, namespace: context.namespace).content)
        }
        return StepResult(message: "\(wanted.kind.rawValue) \(wanted.name) was restarted")
    }
}

/// Whether the newest version of a workload is what runs, by the rules of `kubectl rollout status`.
enum Rollout {
    /// Nil when it is complete.
    static func complaint(_ object: JSON) -> String? {
        let generation = object[path: "metadata", "generation"]?.integer ?? 0
        let status = object["status"] ?? .object([:])
        guard (status["observedGeneration"]?.integer ?? 0) >= generation else {
            return "its controller has not seen the change"
        }
        let wanted = object[path: "spec", "replicas"]?.integer ?? 1
        let updated = status["updatedReplicas"]?.integer ?? 0
        let total = status["replicas"]?.integer ?? 0
        let available = status["availableReplicas"]?.integer ?? 0
        if updated < wanted { return "\(updated) of \(wanted) pods are new" }
        if total > updated { return "\(total - updated) old pods are still there" }
        if available < wanted { return "\(available) of \(wanted) pods are available" }
        return nil
    }
}
