/// One named question about the program's health.
public struct HealthCheck: Sendable {
    /// Lowercase words joined by `-`, as it stands in `/readyz/NAME`.
    public let name: String
    /// Nil when well, else what is wrong, for people. It is shown to everyone who can reach the server: never a secret.
    /// It should read what is known and answer at once. It is cancelled at the server's deadline, counts as failed
    /// then, and must return when cancelled.
    public let run: @Sendable () async -> String?

    public init(_ name: String, run: @escaping @Sendable () async -> String?) {
        self.name = name
        self.run = run
    }

    /// Well as long as the server answers at all.
    public static let ping = HealthCheck("ping") { nil }
}

/// The answers to a set of checks, and their text as the Kubernetes API server gives it.
struct HealthReport: Equatable {
    /// `healthz`, `livez`, `readyz`, with `/NAME` for one check.
    var title: String
    /// In the order of the checks; nil where well.
    var results: [Result]

    struct Result: Equatable {
        var name: String
        var failure: String?
        var isExcluded = false
    }

    /// Asks all at once, so that the answer takes as long as the slowest.
    static func gather(
        _ checks: [HealthCheck], title: String, excluding excluded: Set<String>, deadline: Duration,
        clock: any Clock<Duration>
    ) async -> HealthReport {
        let failures = await withTaskGroup(of: (Int, String?).self) { group in
            for (index, check) in checks.enumerated() where !excluded.contains(check.name) {
                group.addTask { (index, await answer(of: check, within: deadline, clock: clock)) }
            }
            return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        return HealthReport(
            title: title,
            results: checks.enumerated().map { index, check in
                Result(name: check.name, failure: failures[index], isExcluded: excluded.contains(check.name))
            })
    }

    private static func answer(
        of check: HealthCheck, within deadline: Duration, clock: any Clock<Duration>
    ) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask { await check.run() }
            group.addTask {
                try? await clock.sleep(for: deadline)
                return "did not answer within \(deadline)"
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    var isWell: Bool { results.allSatisfy { $0.failure == nil } }

    /// One line a check and a last one; only `ok` when all is well and nobody asked for more.
    func text(verbose: Bool) -> String {
        if isWell && !verbose { return "ok" }
        let lines = results.map { result in
            if result.isExcluded { return "[+]\(result.name) excluded: ok" }
            guard let failure = result.failure else { return "[+]\(result.name) ok" }
            return "[-]\(result.name) failed: \(failure.split { $0.isNewline }.joined(separator: " "))"
        }
        return (lines + ["\(title) check \(isWell ? "passed" : "failed")", ""]).joined(separator: "\n")
    }
}
