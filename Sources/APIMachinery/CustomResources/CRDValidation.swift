public import Foundation
public import KubernetesModel

/// What the API server does with a CustomResourceDefinition itself.
public enum CRDValidation {
    /// Fills in what may be left out: `singular`, `listKind`, `conversion`.
    public static func applyDefaults(to definition: inout JSON) {
        guard var spec = definition["spec"], spec.object != nil else { return }
        if var names = spec["names"], let kind = names["kind"]?.string {
            if names["singular"]?.string?.isEmpty != false { names["singular"] = .string(kind.lowercased()) }
            if names["listKind"]?.string?.isEmpty != false { names["listKind"] = .string("\(kind)List") }
            spec["names"] = names
        }
        if spec["conversion"]?.object == nil { spec["conversion"] = ["strategy": "None"] }
        definition["spec"] = spec
    }

    /// All that is wrong with a definition, its schemas and its CEL rules; with `old`, also what must not change.
    public static func validate(_ definition: JSON, old: JSON? = nil) -> [FieldError] {
        var check = CRDCheck()
        check.definition(definition, old: old)
        return check.errors
    }

    /// The status of an accepted definition: names, conditions, stored versions. Times move only with a real change.
    public static func status(of definition: JSON, old: JSON?, now: Date) -> JSON {
        var status = old?["status"] ?? definition["status"] ?? .object([:])
        if status.object == nil { status = .object([:]) }
        status["acceptedNames"] = definition[path: "spec", "names"] ?? .object([:])
        var conditions = status["conditions"]?.array ?? []
        for (type, reason, message) in [
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ] {
            if conditions.contains(where: { $0["type"]?.string == type && $0["status"]?.string == "True" }) { continue }
            conditions.removeAll { $0["type"]?.string == type }
            conditions.append([
                "type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message),
                "lastTransitionTime": .string(now.formatted(Date.ISO8601FormatStyle())),
            ])
        }
        status["conditions"] = .array(conditions)
        var stored = status["storedVersions"]?.array ?? []
        for version in definition[path: "spec", "versions"]?.array ?? [] where version["storage"]?.bool == true {
            if let name = version["name"], !stored.contains(name) { stored.append(name) }
        }
        status["storedVersions"] = .array(stored)
        return status
    }
}
