import ArgumentParser
import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore
import RecoveryEngine

struct Catalog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the complete backups that a store holds, as the store itself says. Needs no cluster.",
        discussion: """
            dr catalog STORE asks the cluster where the BackupStore is. Without a cluster: --filesystem PATH, --store FILE.yaml, or \
            --s3-endpoint and --s3-bucket.
            --expire --dry-run shows what the rules would delete and why everything else is kept; --orphans shows data without a \
            manifest and uploads that never ended.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable { case table, json }

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup(title: "Without a cluster") var place: CatalogPlace
    @OptionGroup(title: "Expiry") var rules: CatalogRules

    @Argument(help: "The BackupStore in the cluster.")
    var store: String?

    @Option(help: "Only this policy's backups.")
    var policy: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output = Output.table

    @Flag(help: "Shows what belongs to no backup.")
    var orphans = false

    @Flag(help: "Deletes what no rule keeps. With --dry-run it is only shown.")
    var expire = false

    @Flag(help: "Changes nothing.")
    var dryRun = false

    @Flag(help: "Yes, delete: what this command cannot check was checked by a person.")
    var yes = false

    @Option(
        help: ArgumentHelp("Deletes in the place of the cluster that writes the policy's backups.", valueName: "holder")
    )
    var asWriter: String?

    func validate() throws {
        guard store == nil || !place.isGiven else {
            throw ValidationError("give the BackupStore's name or a place without a cluster, not both")
        }
        guard !(expire && orphans) else { throw ValidationError("give --expire or --orphans") }
        guard expire || (!dryRun && !yes && asWriter == nil) else {
            throw ValidationError("--dry-run, --yes and --as-writer belong to --expire")
        }
        guard !expire || dryRun || store == nil else {
            throw ValidationError(
                "--expire: the operator deletes what expires in a BackupStore of the cluster; --dry-run shows it")
        }
    }

    func run() async throws {
        guard let store else { return try await place.with { try await run($0, namespace: cluster.namespace) } }
        try await cluster.withClient { client, namespace in
            let cache = StoreCache()
            let result: Result<Void, any Error>
            do {
                let resolver = Resolver(client: client, stores: cache)
                result = .success(
                    try await run(
                        resolver.store(named: store, namespace: namespace), namespace: expire ? namespace : nil))
            } catch {
                result = .failure(error)
            }
            await cache.shutdown()
            try result.get()
        }
    }

    private func run(_ store: any ObjectStore, namespace: String?) async throws {
        if orphans { return try await showOrphans(store) }
        if expire { return try await expire(store, namespace) }
        let list = try await Catalogue(store).list(namespace: namespace)
        let manifests = list.manifests.filter { policy == nil || $0.policy == policy }
        guard output == .table else {
            var writers: [WriterClaim] = []
            for (namespace, policy) in Set(manifests.map { [$0.namespace, $0.policy] }).sorted(by: {
                $0.lexicographicallyPrecedes($1)
            })
            .map({ ($0[0], $0[1]) }) {
                if let claim = try await Writers(store).claim(namespace: namespace, policy: policy) {
                    writers.append(claim)
                }
            }
            return try CatalogReport.json(
                CatalogReport.Listing(
                    backups: manifests.map(CatalogReport.Backup.init),
                    damaged: list.damaged.map { .init(key: $0.key, message: $0.message) },
                    writers: writers))
        }
        Table(
            ["NAMESPACE", "POLICY", "BACKUP", "RECOVERY POINT", "CONTENTS", "STORED BYTES"],
            manifests.map {
                [
                    $0.namespace, $0.policy, $0.backup, Timestamp.format($0.recoveryPoint), $0.contents,
                    String($0.storedBytes),
                ]
            }
        ).show()
        for damaged in list.damaged { print("damaged: \(damaged.key): \(damaged.message)") }
    }

    private func showOrphans(_ store: any ObjectStore) async throws {
        let found = CatalogReport.OrphanList(try await Orphans.find(store).orphans)
        if output == .json { return try CatalogReport.json(found) }
        Table(["WHAT", "SINCE", "BYTES", "KEY"], found.rows).show()
    }
}
