import APIMachinery
import KubernetesModel
import Synchronization

/// What is served at one moment.
struct ServedResources: Sendable {
    private struct Path: Hashable {
        var group: String
        var version: String
        var resource: String
    }

    private var byPath: [Path: ResourceDefinition] = [:]
    /// In the order of discovery: built-in kinds, then custom ones by name.
    private(set) var all: [ResourceDefinition] = []

    init(custom: [ResourceDefinition]) {
        all = BuiltIn.all + custom
        for definition in all {
            let type = definition.type
            byPath[Path(group: type.group, version: type.version, resource: type.plural)] = definition
        }
    }

    func find(group: String, version: String, resource: String) -> ResourceDefinition? {
        byPath[Path(group: group, version: version, resource: resource)]
    }

    func hasVersion(group: String, version: String) -> Bool {
        all.contains { $0.type.group == group && $0.type.version == version }
    }

    /// A definition for what is stored in a collection, in the version it is stored in.
    func find(storedIn collection: Collection) -> ResourceDefinition? {
        all.first { $0.collection == collection && $0.behaviour != .eventsEvent }
    }
}

/// The kinds that are served now. Changes with the CustomResourceDefinitions.
final class ResourceRegistry: Sendable {
    private struct State {
        var custom: [String: [ResourceDefinition]] = [:]
        var served = ServedResources(custom: [])
        /// Counts changes.
        var generation = 0
        /// Documents made since the last change, by their path.
        var documents: [String: OpenAPIDocument] = [:]
    }

    private let state = Mutex(State())

    var resources: ServedResources { state.withLock { $0.served } }

    /// A document about the schemas of everything that is served now, made once per change; nil when there is none.
    func document(_ name: String, _ make: (OpenAPIBuilder) -> [UInt8]?) -> OpenAPIDocument? {
        let (known, served, generation) = state.withLock { ($0.documents[name], $0.served, $0.generation) }
        if let known { return known }
        let kinds = served.all.map {
            OpenAPIKind(
                type: $0.type, listKind: $0.listKind, schema: $0.schema, hasStatus: $0.hasStatus,
                hasScale: $0.scale != nil, isCustom: $0.isCustom)
        }
        guard let document = make(OpenAPIBuilder(kinds)).map(OpenAPIDocument.init) else { return nil }
        state.withLock { if $0.generation == generation { $0.documents[name] = document } }
        return document
    }

    /// Takes over what a CustomResourceDefinition says now; nil when it is gone.
    func update(name: String, definition object: JSON?) {
        let kinds = object.map { CustomKind.definitions($0) } ?? []
        state.withLock { state in
            state.custom[name] = kinds.isEmpty ? nil : kinds
            state.served = ServedResources(
                custom: state.custom.sorted { $0.key < $1.key }.flatMap(\.value))
            state.generation += 1
            state.documents = [:]
        }
    }

    /// Follows committed changes. Called in the order of commits, before those who wrote get their answers.
    func follow(_ events: [LogEvent]) {
        for event in events where event.record.key.collection == BuiltIn.customResourceDefinitions.collection {
            update(name: event.record.key.name, definition: event.kind == .deleted ? nil : event.record.object)
        }
    }
}
