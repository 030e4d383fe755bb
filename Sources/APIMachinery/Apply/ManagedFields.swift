public import Foundation
public import KubernetesModel

/// Who owns which field: `metadata.managedFields`, kept on every write, and server-side apply, which works by it.
public struct ManagedFields: Sendable {
    /// The kind's schema: it says which lists are sets or maps and which maps are atomic.
    public var schema: StructuralSchema
    /// Whether `status` is a subresource: then only writes to it own its fields.
    public var hasStatus: Bool

    public init(schema: StructuralSchema, hasStatus: Bool) {
        self.schema = schema
        self.hasStatus = hasStatus
    }

    /// The object to store after a create, update or patch: `new` with the entries of `old` and the fields that
    /// `manager` changed. An entry's time moves only when its fields do.
    /// - Parameters:
    ///   - old: the stored object, in the version of the request; nil for a new one.
    ///   - subresource: empty, `status` or `scale`.
    public func update(
        old: JSON?, new: JSON, manager: String, subresource: String = "", now: Date
    ) -> JSON { new }

    /// Server-side apply: the object to store.
    /// - Parameters:
    ///   - configuration: what the manager wants, in full.
    ///   - live: the stored object, in the version of the request; nil when the apply creates it.
    /// - Throws: 409 with one cause per field that another manager owns, unless forced.
    public func apply(
        _ configuration: JSON, live: JSON?, manager: String, force: Bool, subresource: String = "", now: Date
    ) throws(MachineryError) -> JSON { configuration }
}
