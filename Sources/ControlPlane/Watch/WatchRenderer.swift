import APIMachinery
import Foundation
import KubernetesModel

/// Events of a watch as lines of JSON, in the representation that the client asked for.
struct WatchRenderer: Sendable {
    let definition: ResourceDefinition
    let representation: Representation
    let include: TableRenderer.IncludeObject
    let now: @Sendable () -> Date
    /// A table's columns are sent once.
    private var sentColumns = false

    init(
        definition: ResourceDefinition, representation: Representation, include: TableRenderer.IncludeObject,
        now: @escaping @Sendable () -> Date
    ) {
        self.definition = definition
        self.representation = representation
        self.include = include
        self.now = now
    }

    mutating func event(_ kind: LogEvent.Kind, _ object: JSON, bytes: [UInt8]?) -> [UInt8] {
        if representation == .object, definition.isStoredAsServed, let bytes { return line(kind.rawValue, bytes) }
        return line(kind.rawValue, JSONText.bytes(render(definition.present(object))))
    }

    /// Tells that everything up to a revision has been sent.
    mutating func bookmark(_ revision: Int64, endsInitial: Bool) -> [UInt8] {
        var metadata: JSON = ["resourceVersion": .string(String(revision))]
        if endsInitial { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let object: JSON
        switch representation {
        case .table:
            object = definition.table.table([], include: include, metadata: metadata, now: now(), withColumns: false)
        case .metadata:
            object = ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata]
        default:
            object = [
                "kind": .string(definition.type.kind), "apiVersion": .string(definition.type.apiVersion),
                "metadata": metadata,
            ]
        }
        return line("BOOKMARK", JSONText.bytes(object))
    }

    func error(_ failure: APIFailure) -> [UInt8] {
        line("ERROR", JSONText.bytes(failure.document))
    }

    private mutating func render(_ object: JSON) -> JSON {
        switch representation {
        case .table:
            defer { sentColumns = true }
            return definition.table.table(
                [object], include: include, metadata: ["resourceVersion": .string(object.resourceVersion)], now: now(),
                withColumns: !sentColumns)
        case .metadata: return TableRenderer.partialMetadata(object)
        default: return object
        }
    }

    private func line(_ type: String, _ object: [UInt8]) -> [UInt8] {
        var result = Array(#"{"type":"\#(type)","object":"#.utf8)
        result.reserveCapacity(result.count + object.count + 2)
        result += object
        result += Array("}\n".utf8)
        return result
    }
}
