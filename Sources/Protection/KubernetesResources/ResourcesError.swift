public import BackupArchive
import KubernetesClient
import KubernetesModel

/// Why objects of a cluster could not be backed up, checked or restored. Never holds a value of a Secret.
public struct ResourcesError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// No resource of the API server has the name, or several have.
        case unknownKind
        case noNamespace
        /// The policy or plan asks for what its namespace may not reach.
        case outOfReach
        case invalid
        /// The operator has not the right.
        case forbidden
        case unreachable
        /// Others manage fields that the restore would set.
        case conflicts
        /// The API server would not take an object.
        case refused
        case failed
    }

    public var code: Code
    public var message: String
    /// The field of the resource to look at.
    public var field: String?
    public var mend: String?
    public var isRetriable: Bool

    public init(_ code: Code, _ message: String, field: String? = nil, mend: String? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.field = field
        self.mend = mend
        self.isRetriable = isRetriable
    }

    public var description: String {
        [field.map { "\($0): \(message)" } ?? message, mend].compactMap { $0 }.joined(separator: "; ")
    }
}

extension ResourcesError: ProtectionFailure {}

extension ResourcesError {
    /// An error of a request that reads.
    init(_ error: KubernetesError, field: String) {
        switch error.reason {
        case _ where error.isPremature: self.init(.unreachable, "\(error)", field: field, isRetriable: true)
        case .forbidden:
            // Only that one of the shipped roles reads Secrets.
            let role = error.status.details?.kind == "secrets" ? "dr-resources-secrets" : "dr-resources"
            self.init(
                .forbidden, "\(error)", field: field,
                mend:
                    "give the operator that right: bind the ClusterRole \(role), or one of your own, to it in the namespace"
            )
        case .unauthorized:
            self.init(.forbidden, "\(error)", field: field, mend: "check the operator's credentials", isRetriable: true)
        case _ where error.isAway:
            self.init(.unreachable, "\(error)", field: field, isRetriable: true)
        default: self.init(.failed, "\(error)", field: field, isRetriable: error.isRetriable)
        }
    }

    /// Runs requests that read, and tells their errors in the words of a policy.
    static func reading<R>(_ field: String, _ body: () async throws -> R) async throws -> R {
        do { return try await body() } catch let error as KubernetesError { throw ResourcesError(error, field: field) }
    }
}
