public import Foundation
public import KubernetesClient
public import KubernetesModel
public import Logging

/// Writes Events for people: `kubectl describe` shows them under the object.
///
/// Recording never waits and never fails: a full queue drops. What happens again and again becomes a series, one object
/// whose count grows.
public final class EventRecorder: Sendable {
    public enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    private let client: KubernetesClient
    private let controller: String
    private let instance: String
    private let logger: Logger
    private let items: AsyncStream<EventItem>
    private let source: AsyncStream<EventItem>.Continuation

    static let capacity = 1000

    public init(client: KubernetesClient, controller: String, instance: String, logger: Logger) {
        self.client = client
        self.controller = controller
        self.instance = EventText.cut(instance.isEmpty ? "unknown" : instance, to: EventText.wordLimit)
        self.logger = logger
        (items, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    public func record(
        _ kind: Kind, reason: String, action: String, _ note: String, about object: some KubernetesResource,
        now: Date = Date()
    ) {
        var regarding = ["apiVersion": object.apiVersion, "kind": object.kind, "name": object.name]
        regarding["namespace"] = object.metadata.namespace
        regarding["uid"] = object.metadata.uid
        source.yield(
            EventItem(
                kind: kind.rawValue, reason: EventText.cut(reason, to: EventText.wordLimit),
                action: EventText.cut(action, to: EventText.wordLimit),
                note: EventText.cut(note, to: EventText.noteLimit),
                regarding: regarding, time: now))
    }

    /// Takes no more: ``run()`` returns when what was recorded is written.
    public func close() { source.finish() }

    /// Until closed, and then until all is written; or until cancelled.
    public func run() async {
        var correlator = EventCorrelator()
        for await item in items {
            let decision = correlator.decide(
                item,
                name: EventText.name(
                    item.regarding["name"] ?? "", time: item.time, salt: .random(in: 0...UInt16.max)))
            do {
                try await write(item, decision)
            } catch {
                switch decision {
                case .create(let name), .extend(let name, _): correlator.forget(name: name)
                case .count: break
                }
                logger.debug("an event was not written", metadata: ["error": "\(error)"])
            }
        }
    }

    private static let type = ResourceType(group: "events.k8s.io", version: "v1", kind: "Event", plural: "events")

    private func write(_ item: EventItem, _ decision: EventCorrelator.Decision) async throws {
        switch decision {
        case .count: break
        case .extend(let name, let count):
            let series: JSON = [
                "count": .integer(count), "lastObservedTime": .string(Timestamp.formatMicroseconds(item.time)),
            ]
            _ = try await client.patch(Self.type, name, namespace: item.namespace, merge: ["series": series])
        case .create(let name):
            let event: JSON = [
                "apiVersion": "events.k8s.io/v1", "kind": "Event",
                "metadata": ["name": .string(name), "namespace": .string(item.namespace)],
                "eventTime": .string(Timestamp.formatMicroseconds(item.time)), "type": .string(item.kind),
                "reason": .string(item.reason), "action": .string(item.action), "note": .string(item.note),
                "regarding": .object(item.regarding.mapValues(JSON.string)),
                "reportingController": .string(controller), "reportingInstance": .string(instance),
            ]
            _ = try await client.create(event, type: Self.type, namespace: item.namespace)
        }
    }
}
