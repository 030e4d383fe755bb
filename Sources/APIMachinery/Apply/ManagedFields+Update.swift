public import Foundation
public import KubernetesModel

extension ManagedFields {
    /// The object to store after a create, update or patch: `new` with the entries of `old` and the fields that
    /// `manager` changed. An entry's time moves when its manager changed something.
    /// - Parameters:
    ///   - old: the stored object, in the version of the request; nil for a new one.
    ///   - new: as sent, with defaults; its own `managedFields` count, unless they are none or a subresource is written.
    ///   - subresource: empty, `status` or `scale`.
    public func update(
        old: JSON?, new: JSON, manager: String, subresource: String = "", now: Date
    ) -> JSON {
        let sent = new[path: "metadata", "managedFields"]
        let object = Self.withoutManagers(new)
        if subresource.isEmpty, FieldManagers.isReset(sent) { return object }
        var managers = FieldManagers()
        if subresource.isEmpty, let given = FieldManagers(sent), !given.entries.isEmpty {
            managers = given
        } else if let stored = FieldManagers(old?[path: "metadata", "managedFields"]) {
            managers = stored
        }
        // Nobody ever managed this object: an update does not begin to.
        if managers.entries.isEmpty, old != nil { return object }
        let own = FieldManager(name: manager, operation: .update, apiVersion: apiVersion, subresource: subresource)
        let before = old.map(Self.withoutManagers) ?? emptyObject
        record(before, object, own, &managers, reset: reset(subresource), now: now)
        managers.cap()
        return Self.with(managers, object)
    }

    /// What a new object is compared with.
    var emptyObject: JSON {
        isBuiltIn ? schema.root.emptyValue : .object([:])
    }

    /// Gives what changed between two objects to `own` and takes it from all others.
    func record(
        _ old: JSON, _ new: JSON, _ own: FieldManager, _ managers: inout FieldManagers, reset: FieldSet, now: Date
    ) {
        let changes = FieldComparison(old: old, new: new, shape: shape).removing(reset)
        let touched = changes.added.union(changes.modified)
        for manager in managers.entries.keys {
            guard var entry = managers.entries[manager] else { continue }
            entry.fields = entry.fields.subtracting(touched).subtracting(changes.removed)
            managers.entries[manager] = entry
        }
        // The manager's own entry is written as another one, so what it changes again is first taken, then given back.
        let gained = touched.subtracting(Self.unowned)
        if !gained.isEmpty {
            let had = managers.entries[own]?.fields ?? .empty
            managers.entries[own] = FieldManagers.Entry(
                fields: had.union(gained), apiVersion: apiVersion, time: Self.text(now))
        }
        managers.removeEmpty()
    }
}

extension SchemaNode {
    /// An object of built-in kind in which nothing was said: only the objects that are always there.
    var emptyValue: JSON {
        var members: [String: JSON] = [:]
        for (name, node) in properties where node.defaultValue == .object([:]) { members[name] = node.emptyValue }
        // A list that must be there is written as null when it is not.
        for name in required where properties[name]?.type == "array" { members[name] = .null }
        return .object(members)
    }
}
