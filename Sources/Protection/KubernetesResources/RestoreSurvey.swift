import BackupArchive
import KubernetesClient
import KubernetesModel

/// Asks the API server about every object of a restore before anything is written.
struct RestoreSurvey: Sendable {
    let client: KubernetesClient
    let selection: RestoreSelection

    private static let batch = 64

    struct Findings: Sendable {
        var report = ResourceRestore.Report()
        /// `Deployment shop/api`: everything that was chosen.
        var names: Set<String> = []
        /// Those of them that need no write, or must have none.
        var passOver: Set<String> = []
        var types: [ResourceType: Set<String>] = [:]
        var namespaces: Set<String> = []
        var kinds: Set<String> = []
        var problems: [Problem] = []
    }

    struct Problem: Sendable, Hashable {
        var name: String
        var outcome: ObjectCheck.Outcome
        /// Where it would be.
        var namespace: String
        /// `example.com/Widget`.
        var kind: String
    }

    func run(_ pieces: PlainBytes, progress: @escaping @Sendable (String) -> Void) async throws -> Findings {
        let types = ResourceTypes(client: client)
        let check = ObjectCheck(client: client, standIn: selection.namespace)
        var findings = Findings()
        var batch: [JSON] = []
        func flush() async throws {
            let results = try await Concurrently.map(batch) { object in try await survey(object, types, check) }
            for (object, result) in zip(batch, results) { note(object, result, in: &findings) }
            batch = []
            progress("\(findings.names.count) objects checked")
        }
        try await ResourceDocuments.each(pieces) { object, _ in
            switch try selection.decide(object) {
            case .restore(let object): batch.append(object)
            case .outOfReach: findings.report.outOfReach += 1
            case .notWanted: break
            }
            if batch.count == Self.batch { try await flush() }
        }
        try await flush()
        return findings
    }

    private struct Result: Sendable {
        var type: ResourceType?
        var outcome: ObjectCheck.Outcome
        var hasMore = false
    }

    private func survey(_ object: JSON, _ types: ResourceTypes, _ check: ObjectCheck) async throws -> Result {
        guard let type = try await ResourcesError.reading(RestoreSelection.field, { try await types.type(of: object) })
        else {
            return Result(type: nil, outcome: .unchecked(.noKind, ResourceDocuments.name(object)))
        }
        let finding = try await check.check(object, type: type, force: selection.options.conflict == .overwrite)
        var result = Result(type: type, outcome: finding.outcome)
        if finding.live != nil, let after = finding.result {
            let keepsNames = object[path: "spec", "volumeName"] != nil
            if case .keep(let stripped) = ObjectStripping(keepsVolumeNames: keepsNames).verdict(after, type: type) {
                result.hasMore = stripped != object
            }
        }
        return result
    }

    private func note(_ object: JSON, _ result: Result, in findings: inout Findings) {
        let name = ResourceDocuments.name(object)
        let own = object[path: "metadata", "namespace"]?.string ?? ""
        findings.names.insert(name)
        if let type = result.type { findings.types[type, default: []].insert(own) }
        switch object["kind"]?.string {
        case "Namespace": findings.namespaces.insert(object[path: "metadata", "name"]?.string ?? "")
        case "CustomResourceDefinition":
            let group = object[path: "spec", "group"]?.string ?? ""
            findings.kinds.insert("\(group)/\(object[path: "spec", "names", "kind"]?.string ?? "")")
        default: break
        }
        if result.hasMore {
            findings.report.withMore += 1
            if findings.report.withMore <= 5 {
                findings.report.notes.append("\(name) keeps fields that the backup does not have")
            }
        }
        switch result.outcome {
        case .created: findings.report.created += 1
        case .updated: findings.report.updated += 1
        case .unchanged:
            findings.report.unchanged += 1
            findings.passOver.insert(name)
        case .conflicts where selection.options.conflict == .skip, .immovable where selection.options.conflict == .skip:
            findings.report.skipped += 1
            findings.passOver.insert(name)
        case .conflicts, .immovable, .refused, .unchecked, .checkedElsewhere:
            let group =
                (object["apiVersion"]?.string ?? "").split(separator: "/").dropLast().first.map(String.init) ?? ""
            findings.problems.append(
                Problem(
                    name: name, outcome: result.outcome, namespace: own,
                    kind: "\(group)/\(object["kind"]?.string ?? "")"))
        }
    }

    /// Objects of the same kinds and places that a backup would take now, and that are not among those that are restored.
    func countExtra(_ findings: Findings) async throws -> (Int?, String?) {
        var count = 0
        let labels = [selection.fingerprint.labels?.text, selection.options.labels?.text].compactMap { $0 }.joined(
            separator: ",")
        let lister = ResourceLister(client: client, field: RestoreSelection.field)
        do {
            for (type, places) in findings.types
            where type.groupResource != "namespaces" && type.groupResource != ResourceType.definitions.groupResource {
                for place in places {
                    _ = try await lister.each(
                        type, namespace: place.isEmpty ? nil : place, labels: labels.isEmpty ? nil : labels
                    ) { items in
                        for item in items where item[path: "metadata", "ownerReferences"] == nil {
                            guard case .keep = ObjectStripping().verdict(item, type: type) else { continue }
                            if !findings.names.contains(ResourceDocuments.name(item)) { count += 1 }
                        }
                    }
                }
            }
        } catch let error as ResourcesError {
            // A number for people: a restore does not fail for want of it.
            return (nil, "objects that are not in the backup were not counted: \(error.message)")
        } catch is ListExpired {
            return (nil, "objects that are not in the backup were not counted: the list expired")
        }
        return (count, nil)
    }
}
