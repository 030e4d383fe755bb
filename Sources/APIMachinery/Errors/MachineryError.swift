public import KubernetesModel

/// A request that cannot be done, as the `Status` that the client gets.
public struct MachineryError: Error, Sendable, Hashable, CustomStringConvertible {
    public var status: APIStatus

    public init(_ status: APIStatus) { self.status = status }

    /// The HTTP status.
    public var code: Int { status.code ?? 500 }
    public var description: String { status.message ?? "" }

    public static func badRequest(_ message: String) -> MachineryError {
        MachineryError(APIStatus(message: message, reason: "BadRequest", code: 400))
    }

    /// What Kubernetes answers for a patch that is well-formed but cannot be applied, such as a failed `test`: 422 without
    /// saying why.
    public static let unprocessable = MachineryError(
        APIStatus(
            message: "the server rejected our request due to an error in our request", reason: "Invalid",
            details: APIStatus.Details(), code: 422))

    public static func invalid(group: String, kind: String, name: String, errors: [FieldError]) -> MachineryError {
        MachineryError(.invalid(group: group, kind: kind, name: name, errors: errors))
    }
}

extension APIStatus {
    /// 422 `Invalid` for an object, with one cause per error in the order found. The message lists different errors once.
    public static func invalid(group: String, kind: String, name: String, errors: [FieldError]) -> APIStatus {
        var seen: Set<String> = []
        let lines = errors.map(\.description).filter { seen.insert($0).inserted }
        let what = group.isEmpty ? kind : "\(kind).\(group)"
        let detail = lines.count == 1 ? lines[0] : "[\(lines.joined(separator: ", "))]"
        return APIStatus(
            message: "\(what) \(CompactJSON.text(.string(name))) is invalid" + (lines.isEmpty ? "" : ": \(detail)"),
            reason: "Invalid",
            details: Details(
                name: name, group: group.isEmpty ? nil : group, kind: kind,
                causes: errors.isEmpty ? nil : errors.map(\.cause)),
            code: 422)
    }
}
