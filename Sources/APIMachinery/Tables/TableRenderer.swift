public import Foundation
public import KubernetesModel

/// A column of `kubectl get`.
public struct TableColumn: Sendable, Hashable {
    public var name: String
    /// `string`, `integer`, `number`, `boolean` or `date`.
    public var type: String
    /// `name` for the column with the name; otherwise mostly empty.
    public var format: String
    public var description: String
    /// 0 is always shown; higher with `-o wide`.
    public var priority: Int64

    public init(
        _ name: String, type: String = "string", format: String = "", description: String = "", priority: Int64 = 0
    ) {
        self.name = name
        self.type = type
        self.format = format
        self.description = description
        self.priority = priority
    }
}

/// Makes `meta.k8s.io/v1 Table` documents.
public struct TableRenderer: Sendable {
    /// What rows carry beside their cells.
    public enum IncludeObject: String, Sendable {
        case metadata = "Metadata"
        case object = "Object"
        case none = "None"
    }

    public let columns: [TableColumn]
    /// The cells of one object, one for each column.
    public let cells: @Sendable (_ object: JSON, _ now: Date) -> [JSON]

    public init(columns: [TableColumn], cells: @escaping @Sendable (_ object: JSON, _ now: Date) -> [JSON]) {
        self.columns = columns
        self.cells = cells
    }

    /// The table of a custom kind: its name and `additionalPrinterColumns`; without any, name and age.
    public init(additionalPrinterColumns: [JSON]) {
        let given: [JSON] =
            additionalPrinterColumns.isEmpty
            ? [["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"]] : additionalPrinterColumns
        let custom = given.map { column in
            (
                TableColumn(
                    column["name"]?.string ?? "", type: column["type"]?.string ?? "string",
                    format: column["format"]?.string ?? "",
                    description: column["description"]?.string ?? "", priority: column["priority"]?.integer ?? 0),
                try? JSONPath(parsing: column["jsonPath"]?.string ?? "")
            )
        }
        columns = [TableColumn("Name", format: "name")] + custom.map(\.0)
        cells = { object, now in
            [object[path: "metadata", "name"] ?? ""]
                + custom.map { column, path in Self.cell(path?.find(in: object) ?? [], column.type, now) }
        }
    }

    /// The first value found, if it is of the column's type; several are joined, as the API server joins them.
    private static func cell(_ found: [JSON], _ type: String, _ now: Date) -> JSON {
        guard let first = found.first else { return .null }
        switch type {
        case "integer": return first.integer.map(JSON.integer) ?? .null
        case "number": return first.double.map { _ in first } ?? .null
        case "boolean": return first.bool.map(JSON.bool) ?? .null
        case "date": return age(first, now: now)
        default:
            return .string(found.map { $0.string ?? ($0.isNull ? "" : $0.text) }.joined(separator: ","))
        }
    }

    /// Name and creation time: kinds that have no table of their own.
    public static var standard: TableRenderer { TableRenderer(additionalPrinterColumns: []) }

    /// - Parameters:
    ///   - metadata: the list's metadata.
    ///   - withColumns: false in the later events of a watch.
    public func table(
        _ objects: [JSON], include: IncludeObject = .metadata, metadata: JSON, now: Date, withColumns: Bool = true
    ) -> JSON {
        var table: JSON = ["kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata]
        if withColumns {
            table["columnDefinitions"] = .array(
                columns.map { column in
                    [
                        "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                        "description": .string(column.description), "priority": .integer(column.priority),
                    ]
                })
        }
        table["rows"] = .array(
            objects.map { object in
                var row: JSON = ["cells": .array(cells(object, now))]
                switch include {
                case .none: break
                case .object: row["object"] = object
                case .metadata: row["object"] = Self.partialMetadata(object)
                }
                return row
            })
        return table
    }

    /// `PartialObjectMetadata` of an object.
    public static func partialMetadata(_ object: JSON) -> JSON {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"] ?? .object([:]),
        ]
    }

    /// A time as a cell: `5m`, `<unknown>` when absent, `<invalid>` when it cannot be read.
    public static func age(_ time: JSON?, now: Date) -> JSON {
        guard let time, !time.isNull else { return "<unknown>" }
        guard let date = time.string.flatMap(Timestamp.parse) else { return "<invalid>" }
        return .string(humanDuration(.seconds(Int64(now.timeIntervalSince(date).rounded(.down)))))
    }
}

/// A span as kubectl prints ages: `45s`, `3m20s`, `15m`, `5h2m`, `3d4h`, `12d`, `2y30d`.
///
/// The bounds are those of apimachinery's `duration.HumanDuration`: fewer units as the span grows.
public func humanDuration(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    func two(_ value: Int64, _ unit: String, _ rest: Int64, _ small: String) -> String {
        rest == 0 ? "\(value)\(unit)" : "\(value)\(unit)\(rest)\(small)"
    }
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 { return two(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return two(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if hours < 192 { return two(days, "d", hours % 24, "h") }
    if hours < 24 * 365 * 2 { return "\(days)d" }
    let years = days / 365
    return hours < 24 * 365 * 8 ? two(years, "y", days % 365, "d") : "\(years)y"
}
