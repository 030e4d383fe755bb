import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct PolicyCredentialTests {
    struct Row: Sendable, CustomStringConvertible {
        var description: String
        /// Hours after noon.
        var ends: Double?
        var renewed = false
        var cron: String?
        var jitter: Span?
        var suspend = false
        /// Hours before noon.
        var backupAgo = 2.0
        var expected: Bool?
    }

    /// Noon is of a Monday; the next slot of the daily schedule is in 14 hours.
    static let rows = [
        Row(description: "a token that never ends", cron: "0 2 * * *"),
        Row(description: "outlives the next backup", ends: 15.5, renewed: true, cron: "0 2 * * *", expected: true),
        Row(description: "ends before the next slot", ends: 13, renewed: true, cron: "0 2 * * *", expected: false),
        Row(
            description: "ends while the next backup runs", ends: 14.5, renewed: true, cron: "0 2 * * *",
            expected: false),
        Row(
            description: "ends within the jitter", ends: 15.5, renewed: true, cron: "0 2 * * *", jitter: Span("1h"),
            expected: false),
        Row(description: "is not renewed, and a day is left", ends: 25, cron: "*/15 * * * *", expected: true),
        Row(
            description: "is not renewed, and less than a day is left", ends: 23, cron: "*/15 * * * *", expected: false),
        Row(
            description: "a week is long, and the next backup later", ends: 5 * 24, cron: "0 2 * * SUN", expected: false
        ),
        Row(
            description: "a short one that each backup renews", ends: 1.6, renewed: true, cron: "0 * * * *",
            backupAgo: 0.9, expected: true),
        Row(
            description: "its backup is under way: the slot that it is of counts", ends: 1.2, renewed: true,
            cron: "0 12 * * *", backupAgo: 24, expected: true),
        Row(description: "has ended", ends: -1, renewed: true, cron: "0 2 * * *", expected: false),
        Row(description: "without a schedule, with days left", ends: 48, expected: true),
        Row(description: "without a schedule, with hours left", ends: 5, renewed: true, expected: false),
        Row(description: "suspended", ends: 48, cron: "0 2 * * SUN", suspend: true, expected: true),
    ]

    private func decide(_ row: Row, before: BackupPolicy.Status? = nil) -> BackupPolicy.Status {
        var policy = Proving.policy(nil, status: before)
        policy.spec.schedule = row.cron.map { BackupPolicy.Schedule(cron: $0, jitter: row.jitter) }
        policy.spec.suspend = row.suspend
        var backup = Proving.backup("b", at: noon - row.backupAgo * hour)
        backup.status?.startedAt = noon - row.backupAgo * hour
        backup.status?.credential = row.ends.map { Backup.Credential(endsAt: noon + $0 * hour, renewed: row.renewed) }
        return BackupPolicyDecision.decide(.init(policy: policy, backups: [backup], storeProblem: nil, now: noon))
            .status
    }

    @Test("The login must do for the next backup", arguments: rows)
    func condition(_ row: Row) {
        let status = decide(row)
        let condition = status.conditions?[ConditionType.credentialLasts]
        #expect(condition?.status == row.expected.map { $0 ? .true : .false })
        #expect(status.credentialEndsAt == row.ends.map { noon + $0 * hour })
        guard row.expected == false else { return }
        #expect(condition?.reason == Reason.tokenExpires && status.phase == "Degraded")
        #expect(condition?.message.contains(Timestamp.format(noon + (row.ends ?? 0) * hour)) == true)
        #expect(condition?.message.contains("dr backup p") == true)
        #expect(status.conditions?.isTrue(ConditionType.ready) == true)
    }

    @Test("A login that no longer ends takes its condition with it")
    func gone() {
        let expiring = decide(Row(description: "", ends: 1, cron: "0 2 * * *"))
        let status = decide(Row(description: "", cron: "0 2 * * *"), before: expiring)
        #expect(status.conditions?[ConditionType.credentialLasts] == nil && status.credentialEndsAt == nil)
    }
}
