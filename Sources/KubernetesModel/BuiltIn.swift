public import Foundation

/// The built-in kinds whose content the project reads. Others go as `UnstructuredObject`.
public struct Secret: KubernetesResource {
    public static let resourceType = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
    public var apiVersion = "v1"
    public var kind = "Secret"
    public var metadata: ObjectMeta
    public var type: String?
    /// Values as bytes; base64 on the wire.
    public var data: [String: Data]?

    public init(metadata: ObjectMeta, type: String? = "Opaque", data: [String: Data]? = nil) {
        self.metadata = metadata
        self.type = type
        self.data = data
    }
}

public struct ConfigMap: KubernetesResource {
    public static let resourceType = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
    public var apiVersion = "v1"
    public var kind = "ConfigMap"
    public var metadata: ObjectMeta
    public var data: [String: String]?
    public var binaryData: [String: Data]?

    public init(metadata: ObjectMeta, data: [String: String]? = nil) {
        self.metadata = metadata
        self.data = data
    }
}
