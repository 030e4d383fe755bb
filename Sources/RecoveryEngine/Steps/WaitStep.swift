import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

/// Waits until an object is as wanted.
enum WaitStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.wait else { throw StepError("no wait", isRetriable: false) }
        let name = "\(wanted.kind) \(wanted.name)"
        if context.isDryRun {
            let isKnown = try await type(wanted, context) != nil
            return StepResult(
                message: "would wait for \(name)"
                    + (isKnown ? "" : "; the API server does not know \(wanted.kind) of \(wanted.apiVersion) now"))
        }
        try await Poll.until(context, name) {
            guard let type = try await type(wanted, context) else {
                return "the API server does not know \(wanted.kind) of \(wanted.apiVersion) yet"
            }
            let namespace = type.namespaced ? context.namespace : nil
            guard let object = try await context.client.getIfPresent(type, wanted.name, namespace: namespace) else {
                return "it is not there"
            }
            return complaint(object.content, wanted)
        }
        return StepResult(message: "\(name) is as wanted")
    }

    /// nil for a kind that is not installed: its definition may come while it is waited for.
    private static func type(_ wanted: Step.Wait, _ context: StepContext) async throws -> ResourceType? {
        do {
            return try await context.client.resourceType(apiVersion: wanted.apiVersion, kind: wanted.kind)
        } catch let error as KubernetesError where error.isNotFound { return nil }
    }

    static func complaint(_ object: JSON, _ wanted: Step.Wait) -> String? {
        if wanted.rollout == true { return Rollout.complaint(object) }
        if let type = wanted.condition {
            let condition = (object[path: "status", "conditions"]?.array ?? []).first { $0["type"]?.string == type }
            guard let condition else { return "it has no condition \(type) yet" }
            guard condition["status"]?.string == "True" else {
                return
                    "\(type) is \(condition["status"]?.string ?? "?"): \(condition["message"]?.string ?? condition["reason"]?.string ?? "")"
            }
            let observed = condition["observedGeneration"]?.integer ?? .max
            return observed < object[path: "metadata", "generation"]?.integer ?? 0
                ? "\(type) is of an older generation" : nil
        }
        let path = wanted.jsonPath ?? ""
        let found = FieldPath(path)?.value(in: object)
        guard let found, !found.isNull else { return "\(path) is not set" }
        guard let value = wanted.value else { return nil }
        let text = found.string ?? found.text
        if text == value { return nil }
        // A status is read by more people than a Secret is.
        let isSecret = wanted.kind == "Secret" && wanted.apiVersion == "v1"
        return isSecret ? "\(path) has another value" : "\(path) is \(text.prefix(100))"
    }
}

/// The part of kubectl's JSONPath that `kubectl wait` takes: `.status.conditions[0].status`, with or without braces.
struct FieldPath: Sendable, Hashable {
    private var parts: [String] = []

    init?(_ text: String) {
        var rest = Substring(text)
        if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
        while let first = rest.first {
            switch first {
            case ".":
                rest = rest.dropFirst()
                let name = rest.prefix { $0 != "." && $0 != "[" }
                if name.isEmpty, !rest.isEmpty { return nil }
                if !name.isEmpty { parts.append(String(name)) }
                rest = rest.dropFirst(name.count)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return nil }
                parts.append(rest[rest.index(after: rest.startIndex)..<end].trimmingCharacters(in: ["'", "\""]))
                rest = rest[rest.index(after: end)...]
            default: return nil
            }
        }
    }

    func value(in object: JSON) -> JSON? {
        parts.reduce(Optional(object)) { value, part in
            value.flatMap { current in current.array != nil ? Int(part).flatMap { current[$0] } : current[part] }
        }
    }
}
