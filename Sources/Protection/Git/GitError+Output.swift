import Processes

extension GitError {
    /// git says in words what went wrong; LC_ALL=C keeps them English.
    init(_ error: ProcessError, secrets: [String]) {
        if error.code == .notStarted {
            self.init(.toolMissing, "git could not be started", mend: "install git 2.30 or later")
            return
        }
        var text = error.message
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "[hidden]") }
        let last = text.split(separator: "\n").suffix(4).joined(separator: " ")
        let message = last.isEmpty ? error.description : last
        func has(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if has("Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED") {
            self.init(
                .hostKey, message, field: "credentialsSecret",
                mend: "put the server's key into known_hosts of the Secret")
        } else if has(
            "Authentication failed", "Permission denied", "could not read Username", "could not read Password", " 401",
            " 403")
        {
            self.init(.authenticationFailed, message, field: "credentialsSecret", mend: "check its user, token or key")
        } else if has("certificate", "SSL") {
            self.init(.tls, message, field: "caSecret", mend: "check that it holds the server's certificate authority")
        } else if has("not found", "does not appear to be a git repository", "does not exist") {
            self.init(.noRepository, message, field: "url", mend: "check the address, and that the user may read it")
        } else if has(
            "Could not resolve host", "Connection refused", "Failed to connect", "timed out", "Could not connect",
            "Connection reset", "Connection closed",
            "Operation timed out", "early EOF", "unexpected disconnect", "kex_exchange_identification",
            "returned error: 5", "returned error: 429")
        {
            self.init(
                .unreachable, message, field: "url", mend: "check that the server runs and can be reached from here",
                isRetriable: true)
        } else if has("No space left on device") {
            self.init(.diskFull, message, mend: "free or add disk space where dr keeps its mirrors", isRetriable: true)
        } else {
            self.init(.toolFailed, message, isRetriable: true)
        }
    }
}
