import Cryptography
import Foundation
import KubernetesModel

/// The documents in which clients find what is served.
struct Discovery: Sendable {
    private struct Version {
        var name: String
        var resources: [ResourceDefinition]
    }

    private struct Group {
        var name: String
        var versions: [Version]
    }

    private var groups: [Group] = []

    /// Reviews have no objects, so they are no resource definitions.
    private static let reviews: [(group: String, plural: String, kind: String)] = [
        ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
        ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ]

    /// The order in which Kubernetes tells its groups; those of custom kinds come after them. Where a kind is in two
    /// groups, as Event is, clients take the first.
    private static let order = [
        "", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "batch", "apiextensions.k8s.io",
        "coordination.k8s.io",
    ]

    init(_ resources: ServedResources) {
        for group in Self.order { groups.append(Group(name: group, versions: [])) }
        for definition in resources.all { add(definition.type.group, definition.type.version, definition) }
        for review in Self.reviews { add(review.group, "v1", nil) }
        for index in groups.indices {
            groups[index].versions.sort { VersionPriority($0.name) > VersionPriority($1.name) }
        }
    }

    private mutating func add(_ group: String, _ version: String, _ definition: ResourceDefinition?) {
        let index =
            groups.firstIndex { $0.name == group }
            ?? {
                groups.append(Group(name: group, versions: []))
                return groups.count - 1
            }()
        let place =
            groups[index].versions.firstIndex { $0.name == version }
            ?? {
                groups[index].versions.append(Version(name: version, resources: []))
                return groups[index].versions.count - 1
            }()
        if let definition { groups[index].versions[place].resources.append(definition) }
    }

    /// `/api`, or with `isAggregated` all of the core group.
    func core(isAggregated: Bool) -> OrderedJSON {
        if isAggregated { return aggregated(groups.filter { $0.name.isEmpty }) }
        return ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]
    }

    /// `/apis`.
    func groups(isAggregated: Bool) -> OrderedJSON {
        let named = groups.filter { !$0.name.isEmpty }
        if isAggregated { return aggregated(named) }
        return ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(named.map { group($0, isAlone: false) })]
    }

    /// `/apis/GROUP`; nil when it is not served.
    func group(_ name: String) -> OrderedJSON? {
        groups.first { $0.name == name && !name.isEmpty }.map { group($0, isAlone: true) }
    }

    private func group(_ group: Group, isAlone: Bool) -> OrderedJSON {
        let versions = group.versions.map { version -> OrderedJSON in
            ["groupVersion": .string("\(group.name)/\(version.name)"), "version": .string(version.name)]
        }
        let head: OrderedJSON = isAlone ? ["kind": "APIGroup", "apiVersion": "v1"] : [:]
        return head.adding("name", .string(group.name)).adding("versions", .array(versions))
            .adding("preferredVersion", versions.first)
    }

    /// `/api/v1` or `/apis/GROUP/VERSION`; nil when it is not served.
    func resources(group: String, version: String) -> OrderedJSON? {
        guard let found = groups.first(where: { $0.name == group })?.versions.first(where: { $0.name == version })
        else { return nil }
        let reviews = Self.reviews.filter { $0.group == group }.map { review -> OrderedJSON in
            [
                "name": .string(review.plural), "singularName": .string(review.kind.lowercased()), "namespaced": false,
                "kind": .string(review.kind), "verbs": ["create"],
            ]
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
            "resources": .array(found.resources.flatMap(Self.resources) + reviews),
        ]
    }

    private static func resources(_ definition: ResourceDefinition) -> [OrderedJSON] {
        let type = definition.type
        var result: [OrderedJSON] = [
            entry(type.plural, singular: definition.singular, definition, verbs: definition.verbs)
                .adding("shortNames", definition.shortNames.isEmpty ? nil : .strings(definition.shortNames))
                .adding("categories", definition.categories.isEmpty ? nil : .strings(definition.categories))
                .adding("storageVersionHash", .string(storageHash(definition)))
        ]
        for (name, verbs) in subresources(definition) where name != "scale" {
            result.append(entry("\(type.plural)/\(name)", singular: "", definition, verbs: verbs))
        }
        if definition.scale != nil {
            result.append([
                "name": .string("\(type.plural)/scale"), "singularName": "", "namespaced": .bool(type.namespaced),
                "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"],
            ])
        }
        return result
    }

    private static func entry(
        _ name: String, singular: String, _ definition: ResourceDefinition, verbs: [String]
    ) -> OrderedJSON {
        [
            "name": .string(name), "singularName": .string(singular), "namespaced": .bool(definition.type.namespaced),
            "kind": .string(definition.type.kind), "verbs": .strings(verbs),
        ]
    }

    private static func subresources(_ definition: ResourceDefinition) -> [(String, [String])] {
        var result: [(String, [String])] = []
        if definition.behaviour == .namespace { result.append(("finalize", ["update"])) }
        if definition.hasStatus { result.append(("status", ["get", "patch", "update"])) }
        if definition.scale != nil { result.append(("scale", ["get", "patch", "update"])) }
        return result
    }

    /// Changes when the version in which objects are stored does.
    private static func storageHash(_ definition: ResourceDefinition) -> String {
        let text = "\(definition.storageAPIVersion)/\(definition.type.kind)"
        return Data(SHA256.hash(text).prefix(8)).base64EncodedString()
    }

    private func aggregated(_ groups: [Group]) -> OrderedJSON {
        let items = groups.map { group -> OrderedJSON in
            [
                "metadata": OrderedJSON.object(group.name.isEmpty ? [] : [("name", .string(group.name))]),
                "versions": .array(
                    group.versions.map { version in
                        [
                            "version": .string(version.name),
                            "resources": .array(version.resources.map(Self.aggregated) + Self.reviews(in: group.name)),
                            "freshness": "Current",
                        ]
                    }),
            ]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": .array(items),
        ]
    }

    private static func reviews(in group: String) -> [OrderedJSON] {
        reviews.filter { $0.group == group }.map { review in
            [
                "resource": .string(review.plural),
                "responseKind": ["group": .string(group), "version": "v1", "kind": .string(review.kind)],
                "scope": "Cluster", "singularResource": .string(review.kind.lowercased()), "verbs": ["create"],
            ]
        }
    }

    private static func aggregated(_ definition: ResourceDefinition) -> OrderedJSON {
        let type = definition.type
        let kind: OrderedJSON = [
            "group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind),
        ]
        let parts = subresources(definition).map { name, verbs -> OrderedJSON in
            [
                "subresource": .string(name),
                "responseKind": name == "scale" ? ["group": "autoscaling", "version": "v1", "kind": "Scale"] : kind,
                "verbs": .strings(verbs),
            ]
        }
        let entry: OrderedJSON = [
            "resource": .string(type.plural), "responseKind": kind,
            "scope": type.namespaced ? "Namespaced" : "Cluster", "singularResource": .string(definition.singular),
            "verbs": .strings(definition.verbs),
        ]
        return entry.adding("shortNames", definition.shortNames.isEmpty ? nil : .strings(definition.shortNames))
            .adding("categories", definition.categories.isEmpty ? nil : .strings(definition.categories))
            .adding("subresources", parts.isEmpty ? nil : .array(parts))
    }
}

/// The order of versions that Kubernetes prefers: stable before beta before alpha, the higher number first.
struct VersionPriority: Comparable {
    private let rank: (Int, Int, Int)
    private let name: String

    init(_ name: String) {
        self.name = name
        rank = (try? Self.parse(name)) ?? (0, 0, 0)
    }

    private static func parse(_ name: String) throws -> (Int, Int, Int) {
        guard let match = try /v(\d+)(?:(alpha|beta)(\d+))?/.wholeMatch(in: name), let major = Int(match.1) else {
            return (0, 0, 0)
        }
        let stage = match.2 == nil ? 3 : match.2 == "beta" ? 2 : 1
        return (stage, major, match.3.flatMap { Int($0) } ?? 0)
    }

    static func < (left: Self, right: Self) -> Bool {
        left.rank == right.rank ? left.name > right.name : left.rank < right.rank
    }

    static func == (left: Self, right: Self) -> Bool { left.name == right.name }
}
