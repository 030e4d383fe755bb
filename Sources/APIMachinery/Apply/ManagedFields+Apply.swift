public import Foundation
public import KubernetesModel

extension ManagedFields {
    /// Server-side apply: the object to store.
    /// - Parameters:
    ///   - configuration: what the manager wants, in full.
    ///   - live: the stored object, in the version of the request; nil when the apply creates it.
    /// - Throws: 409 with one cause per field that another manager owns, unless forced.
    public func apply(
        _ configuration: JSON, live: JSON?, manager: String, force: Bool, subresource: String = "", now: Date
    ) throws(MachineryError) -> JSON {
        if let problem = schema.root.typedProblem(configuration, at: .root) {
            let (name, space) = (
                configuration.nameInMetadata, configuration[path: "metadata", "namespace"]?.string ?? ""
            )
            let kind = configuration["kind"]?.string ?? ""
            throw MachineryError(
                APIStatus(
                    message: """
                        failed to create typed patch object (\(space)/\(name); \(groupVersion), Kind=\(kind)): \(problem)
                        """,
                    code: 500))
        }
        let wanted = Self.withoutManagers(configuration)
        var managers = FieldManagers(live?[path: "metadata", "managedFields"]) ?? FieldManagers()
        let before = live.map(Self.withoutManagers) ?? emptyObject
        let fields = reset(subresource)
        if managers.entries.isEmpty, live != nil {
            // What was there before anyone applied belongs to nobody in particular, but it is not ours to remove.
            let own = FieldManager(
                name: FieldManagers.beforeFirstApply, operation: .update, apiVersion: apiVersion, subresource: "")
            record(emptyObject, before, own, &managers, reset: fields, now: now)
        }
        let own = FieldManager(name: manager, operation: .apply, apiVersion: "", subresource: subresource)
        let attempt = Attempt(wanted: wanted, live: before, own: own, reset: fields, now: now)
        var (object, conflicts) = merge(attempt, &managers, force: force)
        if !conflicts.isEmpty, manager == LastApplied.manager {
            // What kubectl applied from the client's side before is its own still.
            let allowed = LastApplied.fields(of: before, shape: shape, apiVersion: apiVersion)
            conflicts = conflicts.compactMap { conflict in
                let rest = conflict.fields.subtracting(allowed)
                return rest.isEmpty ? nil : Conflict(manager: conflict.manager, time: conflict.time, fields: rest)
            }
            if conflicts.isEmpty { (object, conflicts) = merge(attempt, &managers, force: true) }
        }
        if !conflicts.isEmpty { throw Self.refusal(conflicts) }
        if manager == LastApplied.manager { LastApplied.renew(&object, wanted) }
        return Self.with(managers, object)
    }

    /// `/v1` of the core group and `apps/v1` of others.
    private var groupVersion: String { apiVersion.contains("/") ? apiVersion : "/\(apiVersion)" }

    struct Attempt {
        var wanted: JSON
        var live: JSON
        var own: FieldManager
        var reset: FieldSet
        var now: Date
    }

    struct Conflict {
        var manager: FieldManager
        var time: String?
        var fields: FieldSet
    }

    /// The merged object. The managers are changed only when nothing conflicts.
    func merge(
        _ attempt: Attempt, _ managers: inout FieldManagers, force: Bool
    ) -> (object: JSON, conflicts: [Conflict]) {
        var all = managers
        let last = all.entries[attempt.own]
        let set = FieldSet(of: attempt.wanted, shape: shape).removing(attempt.reset)
        all.entries[attempt.own] = FieldManagers.Entry(fields: set, apiVersion: apiVersion, time: last?.time)
        let merged = FieldMerge.merge(attempt.live, attempt.wanted, shape) ?? attempt.live
        let object = prune(merged, all, last: last?.fields ?? .empty)
        let changes = FieldComparison(old: attempt.live, new: object, shape: shape).removing(attempt.reset)
        let touched = changes.added.union(changes.modified)
        var conflicts: [Conflict] = []
        for (manager, entry) in all.entries where manager != attempt.own {
            let taken = entry.fields.intersection(touched)
            if !taken.isEmpty { conflicts.append(Conflict(manager: manager, time: entry.time, fields: taken)) }
            all.entries[manager]?.fields = entry.fields.subtracting(taken).subtracting(changes.removed)
        }
        if !conflicts.isEmpty, !force { return (object, conflicts) }
        all.entries[attempt.own]?.fields = set.subtracting(Self.unowned)
        // An apply that changes nothing leaves the time as it was.
        if object != attempt.live { all.entries[attempt.own]?.time = Self.text(attempt.now) }
        all.removeEmpty()
        managers = all
        return (object, [])
    }

    /// Removes what the manager applied last and applies no more, but for what others own.
    private func prune(_ merged: JSON, _ managers: FieldManagers, last: FieldSet) -> JSON {
        if last.isEmpty { return merged }
        let shape = shape
        var pruned = FieldMerge.removing(last.withNamedFields(shape), from: merged, shape)
        func named(_ object: JSON) -> FieldSet { FieldSet(of: object, shape: shape).withNamedFields(shape) }
        let everything = named(merged)
        let owned = managers.entries.values.reduce(FieldSet()) { $0.union($1.fields) }.withNamedFields(shape)
        pruned = FieldMerge.removing(everything.subtracting(named(pruned).union(owned)), from: merged, shape)
        // What this manager never owned stays, too.
        let gone = everything.subtracting(named(pruned)).intersection(last.withNamedFields(shape))
        return FieldMerge.removing(gone, from: merged, shape)
    }

    static func refusal(_ conflicts: [Conflict]) -> MachineryError {
        let found = conflicts.map { (manager: $0.manager.text(time: $0.time), fields: $0.fields.paths.map(text)) }
            .sorted { $0.manager < $1.manager }
        let count = found.reduce(0) { $0 + $1.fields.count }
        var message = "Apply failed with 1 conflict: conflict with \(found[0].manager): \(found[0].fields[0])"
        if count > 1 {
            let lines = found.flatMap { ["conflicts with \($0.manager):"] + $0.fields.map { "- \($0)" } }
            message = "Apply failed with \(count) conflicts: \(lines.joined(separator: "\n"))"
        }
        let causes = found.flatMap { entry in
            entry.fields.map {
                APIStatus.Cause(
                    reason: "FieldManagerConflict", message: "conflict with \(entry.manager)", field: $0)
            }
        }
        return MachineryError(
            APIStatus(
                message: message, reason: "Conflict", details: APIStatus.Details(causes: causes), code: 409))
    }

    private static func text(_ path: [FieldStep]) -> String { path.map(\.description).joined() }
}
