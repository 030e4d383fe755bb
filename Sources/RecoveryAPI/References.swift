/// The name of an object in the same namespace. Another namespace cannot be named: whoever may write a resource could
/// otherwise read what the operator may read.
public struct ObjectReference: Codable, Sendable, Hashable {
    public var name: String
    public init(name: String) { self.name = name }
}

/// A Secret in the same namespace, and the key in it where it is not the usual one.
public struct SecretReference: Codable, Sendable, Hashable {
    public var name: String
    public var key: String?

    public init(name: String, key: String? = nil) {
        self.name = name
        self.key = key
    }
}

/// The version that all kinds share.
public enum RecoveryGroup {
    public static let name = "dr.hotswap.io"
    public static let version = "v1alpha1"
    public static let apiVersion = "dr.hotswap.io/v1alpha1"
}
