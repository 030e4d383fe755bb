/// How far the operator's rights are lent to the policies and plans of a namespace.
///
/// The operator may read and write more than the people who write policies. Were a policy free to name any namespace, who
/// may write policies in one could read the Secrets of all, into a store and for a key of their own. So a policy reads,
/// and a plan writes, its own namespace alone, unless the operator was told otherwise for that namespace.
public enum ResourceReach: Sendable, Hashable {
    case ownNamespace
    /// The policies and plans of these namespaces reach everything that the operator does.
    case everything(for: Set<String>)
    /// All of them do: where whoever can write a policy is an administrator, as in `dr standalone`.
    case everythingForAll

    public func reachesEverything(from namespace: String) -> Bool {
        switch self {
        case .ownNamespace: false
        case .everything(let namespaces): namespaces.contains(namespace)
        case .everythingForAll: true
        }
    }

    static let mend =
        "start the operator with --cross-namespace-from and the policy's or plan's namespace, if everybody who writes there may see everything"
}
