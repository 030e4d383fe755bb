import Foundation
import KubernetesModel

@testable import APIMachinery

/// One write after another to one object, as an API server does them.
struct Ownership {
    var fields = ManagedFields(schema: SchemaSamples.schema, apiVersion: "example.com/v1", hasStatus: true)
    var object: JSON?
    /// Seconds since 1970; one more with each write.
    var time = 0.0

    private var now: Date { Date(timeIntervalSince1970: time) }

    static func sample(_ spec: String, metadata: JSON = [:]) throws -> JSON {
        var metadata = metadata
        metadata["name"] = "s"
        return try [
            "apiVersion": "example.com/v1", "kind": "Sample", "metadata": metadata, "spec": JSON(parsing: spec),
        ]
    }

    mutating func apply(
        _ manager: String, _ object: JSON, force: Bool = false, subresource: String = ""
    ) throws {
        time += 1
        self.object = try fields.apply(
            object, live: self.object, manager: manager, force: force, subresource: subresource, now: now)
    }

    mutating func apply(_ manager: String, _ spec: String, force: Bool = false) throws {
        try apply(manager, Self.sample(spec), force: force)
    }

    mutating func update(_ manager: String, subresource: String = "", _ change: (inout JSON) throws -> Void) rethrows {
        time += 1
        var new = object ?? .object([:])
        try change(&new)
        object = fields.update(old: object, new: new, manager: manager, subresource: subresource, now: now)
    }

    var spec: String { (object?["spec"] ?? .null).text }

    /// `alice Apply {…}`, one per manager, in the order of the list.
    var owners: [String] {
        (object?[path: "metadata", "managedFields"]?.array ?? []).map { entry in
            let part = entry["subresource"]?.string.map { " \($0)" } ?? ""
            return "\(entry["manager"]?.string ?? "") \(entry["operation"]?.string ?? "")\(part) "
                + (entry["fieldsV1"] ?? .null).text
        }
    }

    var times: [String: String] {
        Dictionary(
            (object?[path: "metadata", "managedFields"]?.array ?? []).map {
                ($0["manager"]?.string ?? "", $0["time"]?.string ?? "none")
            }
        ) { first, _ in first }
    }
}
