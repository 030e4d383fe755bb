import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore

/// What `dr catalog` prints: documents with times as Kubernetes writes them, or tables.
enum CatalogReport {
    struct Backup: Encodable {
        var namespace: String
        var policy: String
        var backup: String
        var kind: String
        var source: String
        var recoveryPoint: Date
        var finishedAt: Date
        var storedBytes: Int64
        var restoreBytes: Int64
        var artifacts: Int
        var contents: String
        var writer: String

        init(_ manifest: Manifest) {
            namespace = manifest.namespace
            policy = manifest.policy
            backup = manifest.backup
            kind = manifest.kind
            source = manifest.source
            recoveryPoint = manifest.recoveryPoint
            finishedAt = manifest.finishedAt
            storedBytes = manifest.storedBytes
            restoreBytes = manifest.restoreBytes
            artifacts = manifest.artifacts.count
            contents = manifest.contents
            writer = manifest.writer
        }
    }

    struct Listing: Encodable {
        struct Damaged: Encodable {
            var key: String
            var message: String
        }

        var backups: [Backup]
        var damaged: [Damaged]
        /// Which cluster writes which policy's backups.
        var writers: [WriterClaim]
    }

    struct Expiry: Encodable {
        struct Kept: Encodable {
            var backup: String
            var recoveryPoint: Date
            var reasons: [String]
        }

        struct Gone: Encodable {
            var backup: String
            var recoveryPoint: Date
            var storedBytes: Int64
        }

        var namespace: String
        var policy: String
        var expired: [Gone]
        /// Keys that no kept backup needs.
        var objects: [String]
        var kept: [Kept]
        /// False when it was only looked at.
        var isDone = false

        init(_ subject: CatalogRules.Subject, _ decision: RetentionDecision, _ manifests: [Manifest]) {
            namespace = subject.namespace
            policy = subject.policy
            expired = decision.expired.map {
                Gone(backup: $0.backup, recoveryPoint: $0.recoveryPoint, storedBytes: $0.storedBytes)
            }
            objects = decision.objects
            kept = manifests.compactMap { manifest in
                decision.kept[manifest.backup].map {
                    Kept(
                        backup: manifest.backup, recoveryPoint: manifest.recoveryPoint,
                        reasons: $0.map(\.rawValue).sorted())
                }
            }
        }

        var rows: [[String]] {
            let all =
                kept.map { (Timestamp.format($0.recoveryPoint), $0.backup, "kept", $0.reasons.joined(separator: ", ")) }
                + expired.map {
                    (Timestamp.format($0.recoveryPoint), $0.backup, isDone ? "deleted" : "expires", "no rule keeps it")
                }
            return all.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { [namespace, policy, $0.1, $0.0, $0.2, $0.3] }
        }

        static let header = ["NAMESPACE", "POLICY", "BACKUP", "RECOVERY POINT", "FATE", "WHY"]
    }

    struct OrphanList: Encodable {
        struct Orphan: Encodable {
            /// Nil for an upload of a folder that was killed before it could tell its key.
            var key: String?
            /// Nil for an upload: nobody knows.
            var bytes: Int64?
            var since: Date
            var kind: String
        }

        var orphans: [Orphan]

        init(_ found: Orphans) {
            orphans =
                found.objects.map {
                    Orphan(key: $0.key, bytes: $0.size, since: $0.modified, kind: "data without a manifest")
                }
                + found.uploads.map {
                    Orphan(key: $0.key.isEmpty ? nil : $0.key, bytes: nil, since: $0.begun, kind: "unfinished upload")
                }
        }

        var rows: [[String]] {
            orphans.map { [$0.kind, Timestamp.format($0.since), $0.bytes.map(String.init) ?? "-", $0.key ?? "-"] }
        }
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder.kubernetes
        encoder.outputFormatting.insert(.prettyPrinted)
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
