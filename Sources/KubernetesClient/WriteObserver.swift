public import KubernetesModel

/// Tells whoever decides from a cache what its own task has written meanwhile.
///
/// An object, not a function: an optimised build of Swift 6.3 crashes where a task's own value is a function
/// (`swift_task_localValuePush`).
public final class WriteObserver: Sendable {
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

    @TaskLocal public static var current: WriteObserver?

    private let observe: @Sendable (Write) -> Void

    /// - Parameter observe: Called in the task that writes, after each create, update, patch and apply that was no dry run.
    public init(_ observe: @escaping @Sendable (Write) -> Void) { self.observe = observe }

    static func tell(_ type: ResourceType, namespace: String?, name: String?, version: String?) {
        guard let current, let version, let name else { return }
        current.observe(Write(type: type, key: ObjectKey(namespace: namespace ?? "", name: name), version: version))
    }
}
