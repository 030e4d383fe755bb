import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what is protected, whether it meets its objectives, and what recovers.")

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        try await cluster.withClient { client, namespace in
            let policies = try await client.list(BackupPolicy.self, namespace: namespace).items
            let plans = try await client.list(RecoveryPlan.self, namespace: namespace).items
            Table(
                ["POLICY", "SOURCE", "RECOVERABLE TO", "RPO", "VERIFIED", "STATE"],
                policies.map {
                    [
                        $0.name, $0.status?.source ?? "", $0.status?.recoverableTo.map(Timestamp.format) ?? "-",
                        $0.status?.rpo ?? "-", Self.proof($0), $0.status?.phase ?? "Unknown",
                    ]
                }
            ).show()
            print()
            Table(
                ["PLAN", "STATE", "PHASE", "PROGRESS", "RTO", "MESSAGE"],
                plans.map {
                    [
                        $0.name, $0.status?.state ?? "", $0.status?.phase ?? "", $0.status?.progress ?? "",
                        $0.status?.rto ?? "",
                        $0.status?.message ?? "",
                    ]
                }
            ).show()
        }
    }

    /// How old the last proof is, and what is wrong with it.
    private static func proof(_ policy: BackupPolicy) -> String {
        let age = policy.status?.lastVerificationTime.map { Span.text(seconds: Int64(Date().timeIntervalSince($0))) }
        guard let condition = policy.status?.conditions?[ConditionType.verified], condition.status == .false,
            condition.reason != Reason.neverVerified
        else { return age ?? "never" }
        return "\(condition.reason), \(age ?? "never")"
    }
}

/// Columns for a terminal.
struct Table {
    private let rows: [[String]]

    init(_ header: [String], _ rows: [[String]]) { self.rows = [header] + rows }

    func show() {
        guard let count = rows.first?.count else { return }
        let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let line = row.indices.map { index in
                index == count - 1
                    ? row[index] : row[index] + String(repeating: " ", count: widths[index] - row[index].count + 3)
            }
            print(line.joined())
        }
    }
}
