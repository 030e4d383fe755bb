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
        columns = []
        cells = { _, _ in [] }
    }

    /// Name and creation time: kinds that have no table of their own.
    public static var standard: TableRenderer { TableRenderer(additionalPrinterColumns: []) }

    /// - Parameters:
    ///   - metadata: the list's metadata.
    ///   - withColumns: false in the later events of a watch.
    public func table(
        _ objects: [JSON], include: IncludeObject = .metadata, metadata: JSON, now: Date, withColumns: Bool = true
    ) -> JSON { .null }

    /// `PartialObjectMetadata` of an object.
    public static func partialMetadata(_ object: JSON) -> JSON {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"] ?? .object([:]),
        ]
    }

    /// A time as a cell: `5m`, `<unknown>` when absent, `<invalid>` when it cannot be read.
    public static func age(_ time: JSON?, now: Date) -> JSON { .string("<unknown>") }
}

/// A span as kubectl prints ages: `45s`, `3m20s`, `15m`, `5h2m`, `3d4h`, `12d`, `2y30d`.
public func humanDuration(_ duration: Duration) -> String { "" }
