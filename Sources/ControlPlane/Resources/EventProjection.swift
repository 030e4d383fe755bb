import KubernetesModel

/// Event is one stored object with two faces: `v1` and `events.k8s.io/v1` name the same things differently.
enum EventProjection {
    /// Fields by their core name and their name in `events.k8s.io`.
    private static let names: [(core: String, events: String)] = [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ]

    static func core(_ object: JSON) -> JSON {
        var result = object
        result["apiVersion"] = "v1"
        for (core, events) in names {
            if events != core, let value = object[events] {
                result[events] = nil
                result[core] = value
            }
        }
        // Always there, as Go writes them.
        for (name, value) in always where result[name] == nil { result[name] = value }
        return result
    }

    private static let always: [(String, JSON)] = [
        ("eventTime", .null), ("firstTimestamp", .null), ("lastTimestamp", .null), ("source", .object([:])),
        ("reportingComponent", ""), ("reportingInstance", ""),
    ]

    static func events(_ object: JSON) -> JSON {
        var result = object
        result["apiVersion"] = "events.k8s.io/v1"
        for (core, events) in names {
            if let value = object[core] {
                result[core] = nil
                result[events] = value
            }
        }
        for name in ["reportingController", "reportingInstance"] where result[name] == "" { result[name] = nil }
        return result
    }
}
