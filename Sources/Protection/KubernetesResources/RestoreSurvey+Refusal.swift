import KubernetesModel

extension RestoreSurvey.Findings {
    /// Turns what stands in the way into one error, and what does not into counts.
    mutating func refuse(_ rule: ResourceRestore.ConflictRule) throws {
        var conflicts: [String] = []
        var forbidden: [String] = []
        var refused: [String] = []
        var immovable: [String] = []
        var missing: Set<String> = []
        var unknown: Set<String> = []
        var blind = 0
        for problem in problems {
            let comesWithUs = namespaces.contains(problem.namespace)
            switch problem.outcome {
            case .conflicts(let fields):
                conflicts.append(
                    "\(problem.name): "
                        + fields.map { "\($0.field) is managed by \($0.manager)" }.joined(separator: ", "))
            case .refused(let words): refused.append("\(problem.name): \(words)")
            case .immovable(let words): immovable.append("\(problem.name): \(words)")
            case .checkedElsewhere, .unchecked(.noNamespace, _):
                if comesWithUs { report.created += 1 } else { missing.insert(problem.namespace) }
            case .unchecked(.noKind, _):
                if kinds.contains(problem.kind) { report.created += 1 } else { unknown.insert(problem.kind) }
            case .unchecked(.notAllowed, let words): forbidden.append("\(problem.name): \(words)")
            case .unchecked(.noDryRun, _):
                blind += 1
                report.updated += 1
            case .created, .updated, .unchanged: break
            }
        }
        if blind > 0 {
            report.notes.append(
                "\(blind) objects could not be tried before: \(ObjectCheck.Unchecked.noDryRun.rawValue)")
        }
        if report.outOfReach > 0 {
            report.notes.append(
                "\(report.outOfReach) objects of the cluster were left alone: plans of this namespace may not write them"
            )
        }
        problems = []
        let field = RestoreSelection.field
        if !unknown.isEmpty {
            throw ResourcesError(
                .unknownKind, "the API server has no \(unknown.sorted().prefix(10).joined(separator: ", "))",
                field: field,
                mend: "install the definitions first, or back up with includeDefinitions: true", isRetriable: true)
        }
        if !missing.isEmpty {
            throw ResourcesError(
                .noNamespace, "there is no namespace \(missing.sorted().prefix(10).joined(separator: ", "))",
                field: "\(field).namespaces",
                mend: "create it, or map it to one that is there with {from, to}", isRetriable: true)
        }
        if !forbidden.isEmpty {
            let escalates = forbidden.contains { $0.contains("attempting to grant") }
            throw ResourcesError(
                .forbidden, Self.list(forbidden, "objects may not be written"), field: field,
                mend: escalates
                    ? "roles grant what the operator has not itself: give it the verbs escalate and bind on roles and clusterroles (the ClusterRole dr-resources-roles), or leave them out with kinds"
                    : "give the operator that right: bind the ClusterRole dr-resources-restore to it in the namespace")
        }
        if !refused.isEmpty {
            throw ResourcesError(
                .refused, Self.list(refused, "objects would not be taken"), field: field,
                mend: "nothing was written; leave them out with kinds or labelSelector")
        }
        if !immovable.isEmpty {
            throw ResourcesError(
                .refused, Self.list(immovable, "objects differ in fields that can never change"), field: field,
                mend: "nothing was written; delete those objects first, or leave them as they are with conflict: Skip")
        }
        if !conflicts.isEmpty {
            throw ResourcesError(
                .conflicts, Self.list(conflicts, "objects have fields that others manage and that would change"),
                field: "\(field).conflict",
                mend: "nothing was written; Overwrite takes these fields over, Skip leaves these objects as they are")
        }
    }

    private static func list(_ lines: [String], _ what: String) -> String {
        let shown = lines.prefix(20).joined(separator: "; ")
        return "\(lines.count) \(what): \(shown)\(lines.count > 20 ? "; and \(lines.count - 20) more" : "")"
    }
}
