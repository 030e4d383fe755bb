import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Takes one backup of a policy now and waits for it.",
        discussion: "Makes a Backup object; the policy itself, which may be owned by Git, is not edited.")

    @OptionGroup var cluster: ClusterOptions

    @Argument(help: "The BackupPolicy.")
    var policy: String

    @Flag(inversion: .prefixedNo, help: "Waits for its end.")
    var wait = true

    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let source = try await client.get(BackupPolicy.self, policy, namespace: namespace)
            let trigger = CommandToken.make()
            let made = try await client.create(
                Backup(
                    metadata: ObjectMeta(
                        name: ScheduleDecision.backupName(policy: policy, trigger: trigger), namespace: namespace,
                        labels: ["dr.hotswap.io/policy": LabelValue.of(policy)]),
                    spec: Backup.Spec(
                        policyRef: ObjectReference(name: policy), storeRef: source.spec.storeRef, trigger: trigger)))
            print("backup.dr.hotswap.io/\(made.name) created")
            if wait { try await follow(made, client, namespace) }
        }
    }

    private func follow(_ made: Backup, _ client: KubernetesClient, _ namespace: String) async throws {
        try await waiting.wait(for: "the backup \(made.name)") {
            let backup = try await client.get(Backup.self, made.name, namespace: namespace)
            let complete = backup.status?.conditions?[ConditionType.complete]
            if complete?.status == .true {
                print("complete: \(backup.status?.contents ?? ""), \(backup.status?.size ?? "") stored")
                return nil
            }
            if complete?.reason == Reason.backupFailed { throw Complaint(backup.status?.error ?? "the backup failed") }
            var text = WaitReport.text(backup.status?.conditions?[ConditionType.ready])
            if backup.status == nil {
                text = await WaitOptions.complaint(ofStore: made.spec.storeRef.name, client, namespace)
            }
            return WaitReport.Seen(
                version: backup.metadata.resourceVersion ?? "", isTouched: backup.status != nil, text: text)
        }
    }
}
