import HTTPTransport
import KubernetesClient
import KubernetesResourcesProtection

/// An API server that is away for a moment (it restarts, is overloaded, its load balancer moves) must not end a recovery: it is
/// asked again until the step's deadline. Only for requests that may be sent twice.
struct Patience: Sendable {
    /// Shows people why it waits.
    let progress: @Sendable (String) -> Void

    func through<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        while true {
            do { return try await body() } catch  where Self.passes(error) { progress(Self.complaint(error)) }
            try await Task.sleep(for: .seconds(1))
        }
    }

    static func passes(_ error: any Error) -> Bool {
        // What is cancelled fails in many ways; none of them is worth telling.
        guard !Task.isCancelled else { return false }
        if let error = error as? KubernetesError { return error.isRetriable && !error.isConflict }
        if let error = error as? ResourcesError {
            return error.code == .unreachable || error.code == .forbidden && error.isRetriable
        }
        return (error as? HTTPError)?.isRetriable ?? false
    }

    static func complaint(_ error: any Error) -> String { "the API server cannot be asked now: \(error)" }
}
