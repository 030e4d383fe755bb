public import Foundation
public import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// Writes Events for people: `kubectl describe` shows them under the object.
///
/// Recording never waits and never fails: a full queue drops. The same event again within ten minutes becomes a series,
/// one object whose count grows.
public final class EventRecorder: Sendable {
    public enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    struct Item: Sendable, Hashable {
        var kind: String
        var reason: String
        var action: String
        var note: String
        var regarding: [String: String]
        var time: Date
    }

    private let client: KubernetesClient
    private let controller: String
    private let instance: String
    private let logger: Logger
    private let items: AsyncStream<Item>
    private let source: AsyncStream<Item>.Continuation

    static let capacity = 1000
    /// The API allows 1 kB.
    static let noteLimit = 1000

    public init(client: KubernetesClient, controller: String, instance: String, logger: Logger) {
        self.client = client
        self.controller = controller
        self.instance = instance
        self.logger = logger
        (items, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    public func record(
        _ kind: Kind, reason: String, action: String, _ note: String, about object: some KubernetesResource,
        now: Date = Date()
    ) {
        var regarding = ["apiVersion": object.apiVersion, "kind": object.kind, "name": object.name]
        regarding["namespace"] = object.namespace
        regarding["uid"] = object.metadata.uid
        source.yield(
            Item(
                kind: kind.rawValue, reason: reason, action: action,
                note: String(decoding: note.utf8.prefix(Self.noteLimit), as: UTF8.self), regarding: regarding, time: now))
    }

    /// Until cancelled.
    public func run() async {
        var series: [[String]: (name: String, count: Int64, last: Date)] = [:]
        for await item in items {
            let identity = [
                item.kind, item.reason, item.action, item.note, item.regarding["kind"] ?? "", item.regarding["uid"] ?? "",
            ]
            series = series.filter { item.time.timeIntervalSince($0.value.last) < 600 }
            do {
                if var known = series[identity] {
                    known.count += 1
                    known.last = item.time
                    series[identity] = known
                    _ = try await client.patch(
                        Self.type, known.name, namespace: item.regarding["namespace"],
                        merge: [
                            "series": [
                                "count": .integer(known.count),
                                "lastObservedTime": .string(Timestamp.formatMicroseconds(item.time)),
                            ]
                        ])
                } else {
                    let name = try await create(item)
                    series[identity] = (name, 1, item.time)
                }
            } catch {
                series[identity] = nil
                logger.debug("an event was not written", metadata: ["error": "\(error)"])
            }
        }
    }

    private static let type = ResourceType(group: "events.k8s.io", version: "v1", kind: "Event", plural: "events")

    private func create(_ item: Item) async throws -> String {
        // client-go's form: the object's name and a number that grows with time.
        let stamp = UInt64(max(0, item.time.timeIntervalSince1970) * 1_000_000)
        let base = (item.regarding["name"] ?? "object").prefix(200)
        let name = "\(base).\(String(stamp, radix: 16))\(String(UInt16.random(in: 0...UInt16.max), radix: 16))"
        let namespace = item.regarding["namespace"] ?? "default"
        let event: JSON = [
            "apiVersion": "events.k8s.io/v1", "kind": "Event",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "eventTime": .string(Timestamp.formatMicroseconds(item.time)), "type": .string(item.kind),
            "reason": .string(item.reason), "action": .string(item.action), "note": .string(item.note),
            "regarding": .object(item.regarding.mapValues(JSON.string)),
            "reportingController": .string(controller), "reportingInstance": .string(instance),
        ]
        _ = try await client.create(event, type: Self.type, namespace: namespace)
        return name
    }
}
