import HTTPTransport
import KubernetesClient

/// Looks again and again until something is so. The step's deadline ends it, and what was said last is told then.
///
/// An API server that is away for a moment (it restarts, is overloaded, its load balancer moves) must not end a recovery: it is
/// asked again until the deadline. Only for requests that may be sent twice.
enum Poll {
    /// - Parameter check: nil when it is so, else what is missing.
    static func until(_ context: StepContext, _ what: String, _ check: () async throws -> String?) async throws {
        while true {
            let missing: String?
            do { missing = try await check() } catch where passes(error, context) { missing = complaint(error) }
            guard let missing else { return }
            context.progress("waiting for \(what): \(missing)")
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Does one thing, again where the way to the server fails.
    static func through<R: Sendable>(_ context: StepContext, _ body: () async throws -> R) async throws -> R {
        while true {
            do { return try await body() } catch where passes(error, context) { context.progress(complaint(error)) }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// A dry run says what stands in the way now.
    private static func passes(_ error: any Error, _ context: StepContext) -> Bool {
        // What is cancelled fails in many ways; none of them is worth telling.
        guard !context.isDryRun, !Task.isCancelled else { return false }
        if let error = error as? KubernetesError { return error.isRetriable && !error.isConflict }
        return (error as? HTTPError)?.isRetriable ?? false
    }

    private static func complaint(_ error: any Error) -> String { "the API server cannot be asked now: \(error)" }
}
