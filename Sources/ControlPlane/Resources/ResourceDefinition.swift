import APIMachinery
import KubernetesModel

/// One kind as it is served in one version of one API group.
struct ResourceDefinition: Sendable {
    var type: ResourceType
    var singular: String
    var listKind: String
    var shortNames: [String] = []
    var categories: [String] = []
    var verbs = ResourceDefinition.allVerbs
    var hasStatus = false
    var scale: ScalePaths?
    /// Where its objects are stored: for all versions of a kind, and both groups of Event, in one place.
    var collection: Collection
    /// The API version that stored objects have.
    var storageAPIVersion: String
    /// What the kind does beyond the rules that all have.
    var behaviour: Behaviour
    /// Fields, beside the name and namespace, that field selectors may name: the field's path by its label.
    var selectableFields: [String: [String]] = [:]

    var schema: StructuralSchema
    var table: TableRenderer
    /// The name of the CustomResourceDefinition it comes from.
    var definedBy: String?
    /// Said to everyone who uses a deprecated version.
    var deprecation: String?

    enum Behaviour: Sendable, Hashable {
        case plain, namespace, configMap, secret, event, eventsEvent, deployment, statefulSet, job
        case customResourceDefinition, custom
    }

    /// Where a kind keeps its replicas, as paths of keys.
    struct ScalePaths: Sendable, Hashable {
        var spec: [String]
        var status: [String]
        var selector: [String]?
    }

    /// In the order in which Kubernetes lists them for built-in kinds.
    static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    /// In the order in which Kubernetes lists them for custom kinds.
    static let customVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]

    var isCustom: Bool { definedBy != nil }

    /// Who owns which field of its objects.
    var managedFields: ManagedFields {
        if isCustom { return ManagedFields(schema: schema, apiVersion: type.apiVersion, hasStatus: hasStatus) }
        return ManagedFields(
            schema: schema, apiVersion: type.apiVersion, resetFields: resetFields, isBuiltIn: true)
    }

    /// What a write to the object (the empty name) or to a part of it leaves as it is.
    private var resetFields: [String: [[String]]] {
        switch behaviour {
        case .namespace: ["": [["status"]], "status": [["spec"]], "finalize": [["status"]]]
        case .deployment: ["": [["status"]], "status": [["spec"], ["metadata", "labels"]]]
        case .statefulSet, .job: ["": [["status"]], "status": [["spec"]]]
        case .customResourceDefinition: ["": [["status"]], "status": [["spec"], ["metadata"]]]
        default: [:]
        }
    }

    /// Why an object cannot be one of this kind, whatever is in it; custom kinds leave that to their schemas.
    func decodingProblem(_ object: JSON) -> String? {
        if isCustom { return nil }
        return BuiltInSchemas.decodingProblem(object, group: type.group, version: type.version, kind: type.kind)
    }

    /// Whether `metadata.generation` counts changes of what is wanted.
    var hasGeneration: Bool {
        switch behaviour {
        case .custom, .deployment, .statefulSet, .job, .customResourceDefinition: true
        default: false
        }
    }

    func key(namespace: String, name: String) -> StorageKey {
        StorageKey(collection: collection, namespace: type.namespaced ? namespace : "", name: name)
    }

    /// A stored object as this version and group show it.
    func present(_ object: JSON) -> JSON {
        switch behaviour {
        case .event: return EventProjection.core(object)
        case .eventsEvent: return EventProjection.events(object)
        default:
            if object["apiVersion"]?.string == type.apiVersion { return object }
            var object = object
            object["apiVersion"] = .string(type.apiVersion)
            return object
        }
    }

    /// An object of this version and group as it is stored.
    func store(_ object: JSON) -> JSON {
        var object = object
        if behaviour == .eventsEvent || behaviour == .event { object = EventProjection.core(object) }
        object["apiVersion"] = .string(storageAPIVersion)
        return object
    }

    /// Whether stored bytes can be sent as they are.
    var isStoredAsServed: Bool { behaviour != .eventsEvent && storageAPIVersion == type.apiVersion }
}
