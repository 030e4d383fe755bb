import ArgumentParser
import BackupArchive
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine

struct Catalog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the complete backups that a store holds, as the store itself says.")

    @OptionGroup var cluster: ClusterOptions

    @Argument(help: "The BackupStore.")
    var store: String

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let cache = StoreCache()
            do {
                let resolver = Resolver(client: client, stores: cache)
                let list = try await Catalogue(resolver.store(named: store, namespace: namespace)).list()
                Table(
                    ["NAMESPACE", "POLICY", "BACKUP", "RECOVERY POINT", "CONTENTS", "STORED BYTES"],
                    list.manifests.map {
                        [
                            $0.namespace, $0.policy, $0.backup, Timestamp.format($0.recoveryPoint), $0.contents,
                            String($0.storedBytes),
                        ]
                    }
                ).show()
                for damaged in list.damaged { print("damaged: \(damaged.key): \(damaged.message)") }
            } catch {
                await cache.shutdown()
                throw error
            }
            await cache.shutdown()
        }
    }
}
