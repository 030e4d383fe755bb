import APIMachinery
import Foundation
import KubernetesModel

/// The columns of `kubectl get` for the built-in kinds.
enum BuiltInTables {
    static func renderer(_ behaviour: ResourceDefinition.Behaviour, kind: String) -> TableRenderer {
        switch (behaviour, kind) {
        case (.namespace, _):
            table([TableColumn("Status"), age]) { object, now in
                [object[path: "status", "phase"] ?? "", time(object, now)]
            }
        case (.configMap, _):
            table([TableColumn("Data", type: "string"), age]) { object, now in
                [count(object["data"], object["binaryData"]), time(object, now)]
            }
        case (.secret, _):
            table([TableColumn("Type"), TableColumn("Data", type: "string"), age]) { object, now in
                [object["type"] ?? "Opaque", count(object["data"]), time(object, now)]
            }
        case (.customResourceDefinition, _):
            table([TableColumn("Created At", type: "date")]) { object, _ in
                [object[path: "metadata", "creationTimestamp"] ?? "<unknown>"]
            }
        case (.deployment, _): deployments
        case (.statefulSet, _): statefulSets
        case (.job, _): jobs
        case (.event, _), (.eventsEvent, _): events
        case (_, "Lease"):
            table([TableColumn("Holder"), age]) { object, now in
                [object[path: "spec", "holderIdentity"] ?? "", time(object, now)]
            }
        case (_, "ServiceAccount"):
            table([TableColumn("Secrets", type: "string"), age]) { object, now in
                [.integer(Int64(object["secrets"]?.array?.count ?? 0)), time(object, now)]
            }
        default: .standard
        }
    }

    private static let age = TableColumn("Age")

    /// A table with the name first.
    private static func table(
        _ columns: [TableColumn], _ cells: @escaping @Sendable (JSON, Date) -> [JSON]
    ) -> TableRenderer {
        TableRenderer(columns: [TableColumn("Name", format: "name")] + columns) { object, now in
            [.string(object.name)] + cells(object, now)
        }
    }

    private static func time(_ object: JSON, _ now: Date) -> JSON {
        TableRenderer.age(object[path: "metadata", "creationTimestamp"], now: now)
    }

    private static func count(_ members: JSON?...) -> JSON {
        .integer(Int64(members.reduce(0) { $0 + ($1?.object?.count ?? 0) }))
    }

    private static func number(_ object: JSON, _ keys: String...) -> Int64 { object.value(at: keys)?.integer ?? 0 }

    private static let containerColumns = [
        TableColumn("Containers", priority: 1), TableColumn("Images", priority: 1),
    ]

    private static func containers(_ object: JSON) -> [JSON] {
        let containers = object[path: "spec", "template", "spec", "containers"]?.array ?? []
        return ["name", "image"].map { key in
            .string(containers.compactMap { $0[key]?.string }.joined(separator: ","))
        }
    }

    private static let deployments = table(
        [TableColumn("Ready"), TableColumn("Up-to-date"), TableColumn("Available"), age] + containerColumns
            + [TableColumn("Selector", priority: 1)]
    ) { object, now in
        let wanted = object[path: "spec", "replicas"]?.integer ?? 1
        return [
            .string("\(number(object, "status", "readyReplicas"))/\(wanted)"),
            .integer(number(object, "status", "updatedReplicas")),
            .integer(number(object, "status", "availableReplicas")), time(object, now),
        ] + containers(object) + [.string(Scale.text(ofSelector: object[path: "spec", "selector"] ?? .null))]
    }

    private static let statefulSets = table([TableColumn("Ready"), age] + containerColumns) { object, now in
        let wanted = object[path: "spec", "replicas"]?.integer ?? 1
        return [.string("\(number(object, "status", "readyReplicas"))/\(wanted)"), time(object, now)]
            + containers(object)
    }

    private static let jobs = table(
        [TableColumn("Status"), TableColumn("Completions"), TableColumn("Duration"), age] + containerColumns
            + [TableColumn("Selector", priority: 1)]
    ) { object, now in
        let conditions = object[path: "status", "conditions"]?.array ?? []
        let done = conditions.first { $0["status"] == "True" }?["type"]?.string
        let wanted = object[path: "spec", "completions"]?.integer ?? 1
        let start = object[path: "status", "startTime"]
        let end = object[path: "status", "completionTime"]?.string.flatMap(Timestamp.parse)
        return [
            .string(done ?? "Running"), .string("\(number(object, "status", "succeeded"))/\(wanted)"),
            start == nil ? "" : TableRenderer.age(start, now: end ?? now), time(object, now),
        ] + containers(object) + [.string(Scale.text(ofSelector: object[path: "spec", "selector"] ?? .null))]
    }

    private static let events = TableRenderer(
        columns: [
            TableColumn("Last Seen"), TableColumn("Type"), TableColumn("Reason"), TableColumn("Object"),
            TableColumn("Message"), TableColumn("Name", format: "name", priority: 1),
        ]
    ) { object, now in
        let event = EventProjection.core(object)
        let subject = event["involvedObject"]
        let times = [
            event[path: "series", "lastObservedTime"], event["lastTimestamp"], event["eventTime"],
            event[path: "metadata", "creationTimestamp"],
        ]
        return [
            TableRenderer.age(times.compactMap { $0 }.first { $0.string != nil }, now: now), event["type"] ?? "",
            event["reason"] ?? "",
            .string("\((subject?["kind"]?.string ?? "").lowercased())/\(subject?["name"]?.string ?? "")"),
            event["message"] ?? "", .string(object.name),
        ]
    }
}
