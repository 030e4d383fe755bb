public import Foundation

/// What an embedded API server needs to know.
public struct ControlPlaneConfiguration: Sendable {
    /// Holds everything: the database, the certificate authority, the token and the kubeconfig. Created with mode 0700
    /// when it does not exist. One process at a time.
    public var stateDirectory: URL
    /// The address to listen on. Loopback unless told otherwise: whoever reaches it still needs the token.
    public var host: String
    /// 0 takes a free port; the same port is taken again after a restart when it is still free.
    public var port: Int
    /// Further names and addresses that the server's certificate is valid for.
    public var alternativeNames: [String]
    /// Bodies of requests beyond this many bytes are refused with 413, as Kubernetes does.
    public var maximumBodyBytes = 3 << 20
    /// How many changes are kept for watches and paged lists to resume from.
    public var historyCount = 10_000
    /// How long changes are kept.
    public var historyDuration: Duration = .seconds(600)
    /// How often old changes are dropped.
    public var compactionInterval: Duration = .seconds(60)
    /// How long an Event is kept after it was last written.
    public var eventLifetime: Duration = .seconds(3600)
    /// How often a watcher that asked for them gets a bookmark.
    public var bookmarkInterval: Duration = .seconds(60)
    /// A client that takes nothing for this long is disconnected.
    public var stallTimeout: Duration = .seconds(60)
    /// Watches held at once; more are refused with 429.
    public var maximumWatches = 2000
    /// What the built-in workload controller does with Deployments, StatefulSets and Jobs. There are no nodes, so no
    /// pod runs: declared workloads are recorded.
    public var workloads: WorkloadMode

    public enum WorkloadMode: Sendable, Hashable {
        /// Deployments and StatefulSets get the status of a rollout that is done, so that `kubectl rollout status`,
        /// `scale` and steps that wait for them go on. Jobs stay as they are.
        case reportReady
        /// Nobody writes their status.
        case recordOnly
    }

    public init(
        stateDirectory: URL, host: String = "127.0.0.1", port: Int = 0, alternativeNames: [String] = [],
        workloads: WorkloadMode = .reportReady
    ) {
        self.stateDirectory = stateDirectory
        self.host = host
        self.port = port
        self.alternativeNames = alternativeNames
        self.workloads = workloads
    }
}
