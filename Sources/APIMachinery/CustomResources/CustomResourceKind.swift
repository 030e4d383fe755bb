public import KubernetesModel

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
        guard let spec = definition["spec"], let names = spec["names"], let group = spec["group"]?.string,
            let kind = names["kind"]?.string, let plural = names["plural"]?.string,
            let versions = spec["versions"]?.array
        else { return nil }
        self.group = group
        self.kind = kind
        self.plural = plural
        listKind = names["listKind"]?.string ?? "\(kind)List"
        singular = names["singular"]?.string ?? kind.lowercased()
        shortNames = names["shortNames"]?.array?.compactMap(\.string) ?? []
        categories = names["categories"]?.array?.compactMap(\.string) ?? []
        namespaced = spec["scope"]?.string == "Namespaced"
        self.versions = versions.compactMap { Version($0, apiGroup: group, kind: kind) }
    }

    public func type(_ version: Version) -> ResourceType {
        ResourceType(group: group, version: version.name, kind: kind, plural: plural, namespaced: namespaced)
    }
}

extension CustomResourceKind.Version {
    init?(_ json: JSON, apiGroup: String, kind: String) {
        guard let name = json["name"]?.string else { return nil }
        self.name = name
        isServed = json["served"]?.bool ?? false
        isStorage = json["storage"]?.bool ?? false
        schema = StructuralSchema(json[path: "schema", "openAPIV3Schema"] ?? ["type": "object"])
        hasStatus = json[path: "subresources", "status"]?.object != nil
        scale = json[path: "subresources", "scale"].flatMap(Scale.init)
        table = TableRenderer(additionalPrinterColumns: json["additionalPrinterColumns"]?.array ?? [])
        let fields = json["selectableFields"]?.array?.compactMap { $0["jsonPath"]?.string } ?? []
        selectableFields = Dictionary(fields.map { (String($0.drop { $0 == "." }), Self.keys($0)) }) { first, _ in first
        }
        isDeprecated = json["deprecated"]?.bool ?? false
        deprecationWarning =
            json["deprecationWarning"]?.string ?? (isDeprecated ? "\(apiGroup)/\(name) \(kind) is deprecated" : nil)
    }

    /// `.spec.replicas` as keys; these paths go through objects only.
    fileprivate static func keys(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
}

extension CustomResourceKind.Version.Scale {
    init?(_ json: JSON) {
        guard let spec = json["specReplicasPath"]?.string, let status = json["statusReplicasPath"]?.string else {
            return nil
        }
        specReplicasPath = CustomResourceKind.Version.keys(spec)
        statusReplicasPath = CustomResourceKind.Version.keys(status)
        labelSelectorPath = json["labelSelectorPath"]?.string.map(CustomResourceKind.Version.keys)
    }
}
