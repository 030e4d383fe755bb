import ArgumentParser
import BackupArchive
import Foundation
import KubernetesModel
import KubernetesResourcesProtection
import RecoveryAPI
import RecoveryEngine

/// The retention that `dr catalog --expire` applies: of manifests of BackupPolicies, or given by hand for one policy.
struct CatalogRules: ParsableArguments {
    @Option(help: ArgumentHelp("Manifests of BackupPolicies, whose spec.retention is applied.", valueName: "file"))
    var policies: String?

    @Option(help: ArgumentHelp("As spec.retention.keepFor: 30d.", valueName: "span"))
    var keepFor: String?

    @Option(help: "As spec.retention.keepLast.")
    var keepLast: Int?

    @Option(help: "As spec.retention.keepDaily.")
    var keepDaily: Int?

    @Option(help: "As spec.retention.keepWeekly.")
    var keepWeekly: Int?

    @Option(help: "As spec.retention.keepMonthly.")
    var keepMonthly: Int?

    @Option(help: "As spec.retention.keepYearly.")
    var keepYearly: Int?

    @Option(help: ArgumentHelp("The zone of days, weeks and months.", valueName: "iana name"))
    var timeZone = "Etc/UTC"

    struct Subject: Sendable {
        var namespace: String
        var policy: String
        var rules: RetentionRules
    }

    private var byHand: RetentionRules? {
        get throws {
            let counts = [keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly]
            guard keepFor != nil || counts.contains(where: { $0 != nil }) else { return nil }
            guard counts.allSatisfy({ $0 ?? 1 > 0 }) else { throw ValidationError("--keep-…: at least 1") }
            let span = try keepFor.map { text in
                guard let span = Span(text) else {
                    throw ValidationError("--keep-for: \"\(text)\" is not a span of time; write 36h or 30d")
                }
                return Double(span.seconds)
            }
            return RetentionRules(
                keepFor: span, keepLast: keepLast, keepDaily: keepDaily, keepWeekly: keepWeekly,
                keepMonthly: keepMonthly,
                keepYearly: keepYearly, timeZone: try Self.zone(timeZone, "--time-zone"))
        }
    }

    private static func zone(_ name: String, _ field: String) throws -> TimeZone {
        guard let zone = TimeZone(identifier: name) else {
            throw ValidationError(
                "\(field): \"\(name)\" is not a known time zone; write an IANA name such as Europe/Berlin")
        }
        return zone
    }

    /// - Parameters:
    ///   - namespace: of policies whose manifest names none.
    ///   - policy: the only one, where one was named.
    func subjects(namespace: String?, policy: String?) throws -> [Subject] {
        if let rules = try byHand {
            guard policies == nil else { throw ValidationError("give --policies or --keep-…, not both") }
            guard let namespace, let policy else {
                throw ValidationError("--keep-… needs --namespace and --policy: whose backups?")
            }
            return [Subject(namespace: namespace, policy: policy, rules: rules)]
        }
        guard let policies else {
            throw ValidationError(
                "--expire needs the rules: --policies FILE, or --keep-for 30d and the like with --namespace and --policy"
            )
        }
        let text: String
        do { text = try String(contentsOfFile: policies, encoding: .utf8) } catch {
            throw Complaint("--policies: \(policies) cannot be read: \(error.localizedDescription)")
        }
        let documents: [JSON]
        do { documents = try ManifestYAML.documents(text) } catch {
            throw Complaint("--policies: \(policies) is no manifest: \(error)")
        }
        return try documents.filter { $0["kind"]?.string == BackupPolicy.resourceType.kind }.compactMap { document in
            let resource: BackupPolicy
            do { resource = try document.decode(BackupPolicy.self) } catch {
                throw Complaint("--policies: a BackupPolicy in \(policies) cannot be read: \(error)")
            }
            if let policy, policy != resource.name { return nil }
            guard let place = resource.metadata.namespace ?? namespace else {
                throw ValidationError(
                    "--policies: the BackupPolicy \(resource.name) names no namespace: give --namespace")
            }
            if let namespace, namespace != place { return nil }
            guard resource.spec.retention != nil else { return nil }
            _ = try Self.zone(
                resource.spec.schedule?.timeZone ?? "Etc/UTC", "spec.schedule.timeZone of \(resource.name)")
            return Subject(namespace: place, policy: resource.name, rules: resource.retentionRules)
        }
    }
}
