import HTTPTransport
import KubernetesModel

extension VaultError {
    /// What no answer at all means.
    init(_ error: HTTPError) {
        switch error.code {
        case .tls:
            self.init(
                .tls, error.description, field: "caSecret",
                mend:
                    "check that it holds the authority of the server's certificate, and that the address is a name in that"
            )
        case .resolve, .connect, .timeout, .idle, .reset:
            self.init(
                .unreachable, error.description, field: "address",
                mend: "check that the server runs and can be reached from here", isRetriable: true)
        default: self.init(.serverError, error.description, isRetriable: error.isRetriable)
        }
    }

    /// What an answer of 300 or above means. The words are the server's; of them only `errors` is used.
    ///
    /// - Parameter what: What was asked for, with no secret: `GET sys/storage/raft/snapshot`.
    init(status: Int, errors: [String], what: String, policy: String?) {
        let said = errors.map {
            $0.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0.isWhitespace } }.joined(separator: " ")
        }
        .joined(separator: "; ").prefix(500)
        let message = "\(what) was answered with \(status)\(said.isEmpty ? "" : ": \(said)")"
        func has(_ words: String...) -> Bool { words.contains { said.lowercased().contains($0) } }
        if has("is sealed") {
            self = .sealed
        } else if has("not initialized", "not yet initialized") {
            self = .uninitialised
        } else if has("raft storage is not in use", "raft storage backend is not in use") {
            self = .notRaft(nil)
        } else if status == 403 || has("permission denied") {
            let mend = policy.map { "give its policy: \($0)" } ?? "give its policy what this needs"
            self.init(.forbidden, "\(what): the token may not do this", field: "tokenSecret", mend: mend)
        } else if has("invalid key", "message authentication failed", "unable to retrieve stored keys") {
            self.init(
                .unsealKeys, "the unseal keys do not open this server", field: "unsealKeysSecret",
                mend: "give those of the cluster that was backed up")
        } else if status == 404 {
            self.init(.notFound, message)
        } else if status == 429 || status == 472 || status == 473 || has("standby") {
            self.init(
                .standby, message, field: "address",
                mend: "give the address of the active node, or one that leads to it", isRetriable: true)
        } else {
            self.init(.serverError, message, isRetriable: status >= 500 || status == 429, status: status)
        }
    }

    static var sealed: VaultError {
        VaultError(
            .sealed, "the server is sealed", field: "address",
            mend: "unseal it: bao operator unseal, or the step unsealVault", isRetriable: true)
    }

    static var uninitialised: VaultError {
        VaultError(
            .uninitialised, "the server is not initialised: it holds nothing", field: "address",
            mend: "check the address, and that its storage is there; a restore fills it with initialise: true")
    }

    static func notRaft(_ storage: String?) -> VaultError {
        VaultError(
            .notRaft, "the server's storage is \(storage.map { "\"\($0)\"" } ?? "not raft"): it has no snapshot",
            field: "method",
            mend:
                "set method: KeyValueExport, which stores the secrets of KV mounts on any storage, or back up the storage itself"
        )
    }

    static var tokenInvalid: VaultError {
        VaultError(
            .tokenInvalid, "the token is not valid: it expired, was revoked, or is of another cluster",
            field: "tokenSecret",
            mend: "put a new one into the Secret: bao token create -policy=NAME -period=168h")
    }

    /// Of a token that may not look at itself: a server answers alike to one that is not valid.
    var orInvalidToken: VaultError {
        VaultError(
            .tokenInvalid,
            "\(message), or is not valid: it expired, was revoked, or is of another cluster. It may not look at itself, so that nobody can tell",
            field: "tokenSecret",
            mend:
                "put a new one into the Secret: bao token create -policy=NAME -period=168h. Or, if it is valid, \(mend ?? "give its policy what this needs")"
        )
    }

    /// The same of the login that was used.
    func about(_ login: VaultServer.Login) -> VaultError {
        guard case .tokenFile = login, field == "tokenSecret" else { return self }
        var error = self
        error.field = "tokenFile"
        return error
    }
}
