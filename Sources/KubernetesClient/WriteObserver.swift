public import KubernetesModel

/// Tells whoever decides from a cache what its own task has written meanwhile.
public enum WriteObserver {
    /// A write that the server has acknowledged, and the version that came of it.
    public struct Write: Sendable, Hashable {
        public var type: ResourceType
        public var key: ObjectKey
        public var version: String

        public init(type: ResourceType, key: ObjectKey, version: String) {
            self.type = type
            self.key = key
            self.version = version
        }
    }

    /// Called in the task that writes, after each create, update, patch and apply that was no dry run.
    @TaskLocal public static var current: (@Sendable (Write) -> Void)?

    static func tell(_ type: ResourceType, namespace: String?, name: String?, version: String?) {
        guard let current, let version, let name else { return }
        current(Write(type: type, key: ObjectKey(namespace: namespace ?? "", name: name), version: version))
    }
}
