import Foundation
import KubernetesModel

/// Who wrote, how, and to which part of the object: what an entry of `managedFields` is known by.
struct FieldManager: Sendable, Hashable {
    enum Operation: String, Sendable, Hashable {
        case apply = "Apply"
        case update = "Update"
    }

    var name: String
    var operation: Operation
    /// Empty for `Apply`: a manager that applies is the same one in every version.
    var apiVersion: String
    var subresource: String

    /// As conflicts name it.
    func text(time: String?) -> String {
        var text = CompactJSON.text(.string(name))
        if !subresource.isEmpty { text += " with subresource \(CompactJSON.text(.string(subresource)))" }
        if operation == .update {
            text += " using \(apiVersion)"
            if let time { text += " at \(time)" }
        }
        return text
    }
}

/// `metadata.managedFields`, parsed.
struct FieldManagers: Sendable {
    struct Entry: Sendable {
        var fields: FieldSet
        /// The version that the fields are named in.
        var apiVersion: String
        /// RFC 3339; nil for a manager that joined by applying what was there already.
        var time: String?
    }

    var entries: [FieldManager: Entry] = [:]

    /// More managers that update than this, and the oldest are put together under one name.
    static let maximumUpdaters = 10
    static let ancient = "ancient-changes"
    static let beforeFirstApply = "before-first-apply"

    init() {}

    /// nil when an entry is none.
    init?(_ json: JSON?) {
        for item in json?.array ?? [] {
            guard let operation = item["operation"]?.string.flatMap(FieldManager.Operation.init),
                let version = item["apiVersion"]?.string, let fields = item["fieldsV1"].flatMap({ FieldSet($0) })
            else { return nil }
            let manager = FieldManager(
                name: item["manager"]?.string ?? "", operation: operation,
                apiVersion: operation == .apply ? "" : version, subresource: item["subresource"]?.string ?? "")
            entries[manager] = Entry(fields: fields, apiVersion: version, time: item["time"]?.string)
        }
    }

    /// Whether a list stands for "forget all managers": a single empty entry.
    static func isReset(_ json: JSON?) -> Bool {
        guard let items = json?.array, items.count == 1, let entry = items[0].object else { return false }
        return entry.values.allSatisfy { $0.isNull || $0 == "" }
    }

    /// nil when nobody manages anything.
    var json: JSON? {
        if entries.isEmpty { return nil }
        func order(_ pair: (key: FieldManager, value: Entry)) -> [String] {
            [
                pair.key.operation.rawValue, pair.value.time ?? "", pair.key.name, pair.value.apiVersion,
                pair.key.subresource,
            ]
        }
        return .array(
            entries.sorted { order($0).lexicographicallyPrecedes(order($1)) }.map { manager, entry in
                var item: JSON = [
                    "manager": .string(manager.name), "operation": .string(manager.operation.rawValue),
                    "apiVersion": .string(entry.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": entry.fields.json,
                ]
                item["time"] = entry.time.map { .string($0) }
                if !manager.subresource.isEmpty { item["subresource"] = .string(manager.subresource) }
                return item
            })
    }

    /// Lets go of managers without fields.
    mutating func removeEmpty() { entries = entries.filter { !$0.value.fields.isEmpty } }

    /// Puts the oldest updaters together until there are no more than ``maximumUpdaters``.
    mutating func cap() {
        let updaters = entries.filter { $0.key.operation == .update }
            .sorted { ($0.value.time ?? "", $0.key.name) < ($1.value.time ?? "", $1.key.name) }
        var count = updaters.count
        var firstOfVersion: [String: FieldManager] = [:]
        for (manager, entry) in updaters where count > Self.maximumUpdaters {
            guard let first = firstOfVersion[entry.apiVersion] else {
                firstOfVersion[entry.apiVersion] = manager
                continue
            }
            let bucket = FieldManager(
                name: Self.ancient, operation: .update, apiVersion: entry.apiVersion, subresource: "")
            if entries[bucket] == nil { entries[bucket] = entries.removeValue(forKey: first) }
            guard manager != bucket, var merged = entries[bucket] else { continue }
            merged.fields = merged.fields.union(entry.fields)
            merged.time = entry.time
            entries[bucket] = merged
            entries[manager] = nil
            count -= 1
        }
    }
}
