import Foundation
public import KubernetesModel

/// What a backup of objects holds, for comparing: how many of each resource, and a keyed digest of them. No values.
public struct ResourcesFingerprint: Codable, Sendable, Hashable {
    public struct Resource: Codable, Sendable, Hashable {
        public var kind: String
        public var count: Int64
        public var digest: String
        /// The `resourceVersion` of the list by namespace; by "" for a list of the whole cluster. Each list is of one moment.
        public var versions: [String: String]
    }

    /// By `deployments.apps`.
    public var resources: [String: Resource]
    /// Of the objects, and of the Namespace objects.
    public var namespaces: [String]
    /// What was there and is not in the backup, by reason.
    public var leftOut: [String: Int64]
    /// Which objects the policy meant; nil for all.
    public var labels: LabelQuery?

    public init(
        resources: [String: Resource], namespaces: [String], leftOut: [String: Int64], labels: LabelQuery? = nil
    ) {
        self.resources = resources
        self.namespaces = namespaces
        self.leftOut = leftOut
        self.labels = labels
    }

    public var objects: Int64 { resources.values.reduce(0) { $0 + $1.count } }

    var canonicalJSON: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(canonicalJSON text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    /// The resource that an object belongs to; where the record has none, its kind.
    func resource(of object: JSON) -> String {
        let version = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        let suffix = version.contains("/") ? ".\(version.prefix { $0 != "/" })" : ""
        let found = resources.first { entry in
            guard entry.value.kind == kind else { return false }
            return suffix.isEmpty
                ? !entry.key.contains(".")
                : entry.key.hasSuffix(suffix) && entry.key.dropLast(suffix.count).contains(".") == false
        }
        return found?.key ?? "\(kind)\(suffix)"
    }

    /// In words, what of the counts and digests that were found is not as here; empty when all is. At most ten.
    func differences(from found: [String: ObjectDigest]) -> [String] {
        var result: [String] = []
        for (name, wanted) in resources.sorted(by: { $0.key < $1.key }) where wanted.count > 0 || found[name] != nil {
            let there = found[name]?.count ?? 0
            if there != wanted.count {
                result.append("\(there) \(name) instead of \(wanted.count)")
            } else if found[name].map({ $0.text != wanted.digest }) ?? false {
                result.append("the \(name) are not those that were backed up")
            }
        }
        for name in found.keys.sorted() where resources[name] == nil { result.append("\(name) were not backed up") }
        return Array(result.prefix(10))
    }
}
