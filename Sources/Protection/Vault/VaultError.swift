public import BackupArchive

/// Why something with a Vault did not work, for the person who must mend it. Holds no secret.
public struct VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case invalidAddress, unreachable, tls
        case sealed, uninitialised
        /// The node is a standby and names no active one.
        case standby
        /// The token is not valid: expired, revoked, or of another cluster.
        case tokenInvalid
        /// The token is valid and may not do this.
        case forbidden
        /// The storage is not raft: there is no snapshot.
        case notRaft
        case notFound
        /// The snapshot is cut short or is not what its own checksums say.
        case incompleteSnapshot
        /// The unseal keys are too few, not keys, or do not open this server.
        case unsealKeys
        /// What the server has and what the backup needs do not go together.
        case targetUnfit
        case serverError, toolMissing, scratchServer
        /// The answer is not what this API gives.
        case malformedAnswer
        /// A secret changed too fast to be exported, or the server became another one.
        case exportFailed
    }

    public var code: Code
    public var message: String
    /// The field of the resource to look at.
    public var field: String?
    public var mend: String?
    public var isRetriable: Bool
    /// Of the answer, where the error is one.
    public var status: Int?

    public init(
        _ code: Code, _ message: String, field: String? = nil, mend: String? = nil, isRetriable: Bool = false,
        status: Int? = nil
    ) {
        self.status = status
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

extension VaultError: ProtectionFailure {}
