/// Looks again and again until something is so. The step's deadline ends it, and what was said last is told then.
enum Poll {
    /// - Parameter check: nil when it is so, else what is missing.
    static func until(_ context: StepContext, _ what: String, _ check: () async throws -> String?) async throws {
        while true {
            let missing: String?
            do { missing = try await check() } catch  where context.resolver.patience != nil && Patience.passes(error) {
                missing = Patience.complaint(error)
            }
            guard let missing else { return }
            context.progress("waiting for \(what): \(missing)")
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Does one thing, again where the way to the server fails.
    static func through<R: Sendable>(_ context: StepContext, _ body: () async throws -> R) async throws -> R {
        try await context.resolver.persist(body)
    }
}
