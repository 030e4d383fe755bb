import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Proves a backup: the operator restores it elsewhere and compares it with what was recorded.",
        discussion: """
            Given a policy, it is the newest complete backup of it. A backup that was proven is proven again. With --wait, the \
            exit code is 0 only when it is proven.
            """)

    @OptionGroup var cluster: ClusterOptions

    @Argument(help: "The BackupPolicy, or one Backup. Where both have the name, BackupPolicy is meant.")
    var name: String

    @Flag(inversion: .prefixedNo, help: "Waits for the verdict.")
    var wait = false

    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let backup = try await target(client, namespace)
            let token = CommandToken.make()
            _ = try await client.patch(
                Backup.self, backup.name, namespace: namespace,
                merge: ["metadata": ["annotations": [Backup.verifyAnnotation: .string(token)]]])
            print("backup.dr.hotswap.io/\(backup.name) is to be verified")
            guard wait else { return }
            try await follow(backup.name, token, client, namespace)
        }
    }

    private func target(_ client: KubernetesClient, _ namespace: String) async throws -> Backup {
        if try await client.getIfPresent(BackupPolicy.self, name, namespace: namespace) != nil {
            let complete = try await client.list(Backup.self, namespace: namespace).items.filter {
                $0.spec.policyRef.name == name && $0.status?.conditions?.isTrue(ConditionType.complete) ?? false
            }
            let newest = complete.max {
                ($0.status?.recoveryPoint ?? .distantPast, $0.name) < (
                    $1.status?.recoveryPoint ?? .distantPast, $1.name
                )
            }
            guard let newest else {
                throw Complaint(
                    "the BackupPolicy \"\(name)\" has no complete backup to verify; take one with: dr backup \(name)")
            }
            return newest
        }
        guard let backup = try await client.getIfPresent(Backup.self, name, namespace: namespace) else {
            throw Complaint(
                "there is no BackupPolicy and no Backup \"\(name)\" in the namespace \"\(namespace)\": not found")
        }
        guard backup.status?.conditions?.isTrue(ConditionType.complete) ?? false else {
            throw Complaint("the Backup \"\(name)\" is not complete: there is nothing to restore")
        }
        return backup
    }

    private func follow(_ name: String, _ token: String, _ client: KubernetesClient, _ namespace: String) async throws {
        try await waiting.wait(for: "the proof of \(name)") {
            let backup = try await client.get(Backup.self, name, namespace: namespace)
            let verification = backup.status?.verification
            if backup.metadata.annotations?[Backup.verifyAnnotation] != token {
                throw Complaint("somebody else asked for another verification of \(name) meanwhile; look at its status")
            }
            if verification?.requested == token, verification?.finishedAt != nil {
                if let error = verification?.error { throw Complaint("\(name): \(error)") }
                for check in verification?.checks ?? [] { print("\(check.name): \(check.message)") }
                print("proven in \(verification?.duration ?? "?")")
                return nil
            }
            let isTouched = verification?.requested == token
            return WaitReport.Seen(
                version: backup.metadata.resourceVersion ?? "", isTouched: isTouched,
                text: isTouched ? WaitReport.text(backup.status?.conditions?[ConditionType.restoreVerified]) : "")
        }
    }
}
