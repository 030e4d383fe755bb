import ArgumentParser
import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore

extension Catalog {
    func expire(_ store: any ObjectStore, _ namespace: String?) async throws {
        let subjects = try rules.subjects(namespace: namespace, policy: policy)
        guard !subjects.isEmpty else {
            throw Complaint("no BackupPolicy that was given has spec.retention: everything is kept")
        }
        let expiry = Expiry(store)
        let proofs = Proofs(store)
        var reports: [CatalogReport.Expiry] = []
        for subject in subjects {
            let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
            let manifests = try await Catalogue(store).list(namespace: subject.namespace, policy: subject.policy)
                .manifests
            let decision = try await expiry.review(
                subject.rules, namespace: subject.namespace, policy: subject.policy,
                verdicts: try await proofs.verdicts(namespace: subject.namespace, policy: subject.policy), now: now)
            var report = CatalogReport.Expiry(subject, decision, manifests)
            if !dryRun, try await isAllowed(report, store) {
                _ = try await expiry.perform(
                    decision, namespace: subject.namespace, policy: subject.policy, now: now,
                    writer: "dr catalog on \(ProcessInfo.processInfo.hostName)")
                report.isDone = true
            }
            reports.append(report)
        }
        guard output == .table else { return try CatalogReport.json(["policies": reports]) }
        Table(CatalogReport.Expiry.header, reports.flatMap(\.rows)).show()
        for report in reports where !report.expired.isEmpty {
            let bytes = report.expired.reduce(0) { $0 + $1.storedBytes }
            print(
                "\(report.namespace)/\(report.policy): backups \(report.isDone ? "deleted" : "that would be deleted"): \(report.expired.count), with \(bytes) bytes; kept: \(report.kept.count)"
            )
        }
    }

    /// - Returns: Whether there is anything to do.
    private func isAllowed(_ report: CatalogReport.Expiry, _ store: any ObjectStore) async throws -> Bool {
        let begun = try await Expiry(store).begun(namespace: report.namespace, policy: report.policy)
        guard !report.expired.isEmpty || !begun.isEmpty else { return false }
        if let claim = try await Writers(store).claim(namespace: report.namespace, policy: report.policy),
            claim.holder != asWriter
        {
            throw Complaint(
                "the cluster \(claim.holder) (operator on \(claim.host)) writes the backups of \(report.namespace)/\(report.policy) and deletes what expires; to do it in its place give --as-writer \(claim.holder)"
            )
        }
        guard yes else {
            throw Complaint(
                """
                \(report.expired.count) backups of \(report.namespace)/\(report.policy) would be deleted; --dry-run shows them. Without a \
                cluster this command cannot check whether a recovery, a backup or a verification is under way, and the Backups that stand \
                for them in a cluster stay there as missing: see to that, then give --yes
                """)
        }
        return true
    }
}
