import APIMachinery
import KubernetesModel

/// The kinds that are there without a CustomResourceDefinition.
enum BuiltIn {
    static let permanentNamespaces = ["default", "kube-system", "kube-public"]

    static let namespaces = kind(
        "", "v1", "Namespace", "namespaces", short: ["ns"], namespaced: false, hasStatus: true, .namespace,
        fields: ["status.phase": ["status", "phase"]],
        verbs: ["create", "delete", "get", "list", "patch", "update", "watch"])

    static let customResourceDefinitions = kind(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", short: ["crd", "crds"],
        categories: ["api-extensions"], namespaced: false, hasStatus: true, .customResourceDefinition)

    static let all: [ResourceDefinition] = [
        kind("", "v1", "ConfigMap", "configmaps", short: ["cm"], .configMap),
        kind(
            "", "v1", "Event", "events", short: ["ev"], .event,
            fields: [
                "involvedObject.kind": ["involvedObject", "kind"], "involvedObject.name": ["involvedObject", "name"],
                "involvedObject.namespace": ["involvedObject", "namespace"],
                "involvedObject.uid": ["involvedObject", "uid"],
                "involvedObject.apiVersion": ["involvedObject", "apiVersion"],
                "involvedObject.resourceVersion": ["involvedObject", "resourceVersion"],
                "involvedObject.fieldPath": ["involvedObject", "fieldPath"], "reason": ["reason"], "type": ["type"],
                "source": ["source", "component"], "reportingComponent": ["reportingComponent"],
            ]),
        namespaces,
        kind("", "v1", "Secret", "secrets", .secret, fields: ["type": ["type"]]),
        kind("", "v1", "Service", "services", short: ["svc"], categories: ["all"], hasStatus: true, .plain),
        kind("", "v1", "ServiceAccount", "serviceaccounts", short: ["sa"], .plain),
        kind(
            "apps", "v1", "Deployment", "deployments", short: ["deploy"], categories: ["all"], hasStatus: true,
            .deployment, scale: replicas),
        kind(
            "apps", "v1", "StatefulSet", "statefulsets", short: ["sts"], categories: ["all"], hasStatus: true,
            .statefulSet, scale: replicas),
        kind(
            "events.k8s.io", "v1", "Event", "events", short: ["ev"], .eventsEvent,
            fields: [
                "regarding.kind": ["regarding", "kind"], "regarding.name": ["regarding", "name"],
                "regarding.namespace": ["regarding", "namespace"], "regarding.uid": ["regarding", "uid"],
                "reason": ["reason"], "type": ["type"], "reportingController": ["reportingController"],
            ]),
        kind(
            "batch", "v1", "Job", "jobs", categories: ["all"], hasStatus: true, .job,
            fields: ["status.successful": ["status", "succeeded"]]),
        customResourceDefinitions,
        kind("coordination.k8s.io", "v1", "Lease", "leases", .plain),
    ]

    private static let replicas = ResourceDefinition.ScalePaths(
        spec: ["spec", "replicas"], status: ["status", "replicas"], selector: ["spec", "selector"])

    private static func kind(
        _ group: String, _ version: String, _ kind: String, _ plural: String, short: [String] = [],
        categories: [String] = [], namespaced: Bool = true, hasStatus: Bool = false,
        _ behaviour: ResourceDefinition.Behaviour, scale: ResourceDefinition.ScalePaths? = nil,
        fields: [String: [String]] = [:], verbs: [String] = ResourceDefinition.allVerbs
    ) -> ResourceDefinition {
        let type = ResourceType(group: group, version: version, kind: kind, plural: plural, namespaced: namespaced)
        let isEvent = behaviour == .eventsEvent
        return ResourceDefinition(
            type: type, singular: kind.lowercased(), listKind: "\(kind)List", shortNames: short,
            categories: categories, verbs: verbs, hasStatus: hasStatus, scale: scale,
            collection: Collection(group: isEvent ? "" : group, resource: plural),
            storageAPIVersion: isEvent ? "v1" : type.apiVersion, behaviour: behaviour, selectableFields: fields,
            schema: BuiltInSchemas.schema(group: group, version: version, kind: kind)
                ?? StructuralSchema(["type": "object", "x-kubernetes-preserve-unknown-fields": true]),
            table: BuiltInTables.renderer(behaviour, kind: kind))
    }
}
