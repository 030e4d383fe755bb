/// Where in an object something is: `spec.parts[1].name`, `metadata.labels[app]`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public static let root = FieldPath("")

    public init(_ text: String) { description = text }

    /// A member by its name.
    public func child(_ name: String) -> FieldPath {
        FieldPath(description.isEmpty ? name : "\(description).\(name)")
    }

    public func index(_ index: Int) -> FieldPath { FieldPath("\(description)[\(index)]") }

    /// An entry of a map whose keys users choose.
    public func key(_ key: String) -> FieldPath { FieldPath("\(description)[\(key)]") }
}
