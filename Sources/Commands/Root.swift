public import ArgumentParser
import Processes

/// `dr`, and `kubectl dr` when it is linked under that name.
public struct Root: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "dr",
        abstract: "Backs up, proves and recovers: disaster recovery as a Kubernetes API.",
        version: "0.1.0",
        subcommands: [
            OperatorCommand.self, Standalone.self, Status.self, BackupCommand.self, Verify.self, Recover.self,
            Abort.self, Catalog.self,
            CRDs.self, DebugAge.self,
        ])

    public init() {}
}

/// The whole program: reads the arguments, runs the verb, exits.
public func runCommandLine() async {
    Memory.tuneForTransfers()
    await Root.main()
}
