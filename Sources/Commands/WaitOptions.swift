import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

/// How long a verb waits for the operator.
struct WaitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long to wait: 90s, 15m, 36h; 6h when absent. Then the exit code is \(WaitOptions.timedOut); what was begun goes on.",
            valueName: "span"),
        transform: WaitOptions.span)
    var timeout = WaitOptions.usual

    /// As timeout(1) has it.
    static let timedOut: Int32 = 124
    private static let usual = Duration.seconds(6 * 3600)

    private static func span(_ text: String) throws -> Duration {
        guard let span = Span(text) else {
            throw ValidationError("\"\(text)\" is not a span of time such as 90s, 15m or 36h")
        }
        return span.duration
    }

    /// Looks at an object until `look` has nothing more to wait for, and says on standard error what it waits for. An API
    /// server that is away is waited for, too: what was ordered is there.
    /// - Parameter what: `the backup db-1`, for what is said at the end of the time.
    /// - Throws: ``ExitCode`` when the time is over.
    func wait(for what: String, _ look: () async throws -> WaitReport.Seen?) async throws {
        var report = WaitReport()
        var last = WaitReport.Seen(version: "", isTouched: true, text: "")
        let began = ContinuousClock.now
        while true {
            var seen = last
            do {
                guard let found = try await look() else { return }
                last = found
                seen = found
            } catch let error as KubernetesError
                where error.isRetriable && (error.reason != .unauthorized || error.isPremature)
            {
                seen.text = "the API server does not answer: \(error)"
            }
            let now = ContinuousClock.now - began
            for line in report.lines(seen, at: now) { Self.say(line) }
            guard now < timeout else {
                let text =
                    seen.text.isEmpty
                    ? (seen.isTouched ? "" : ": nothing has touched it; is the operator running?") : ": \(seen.text)"
                Self.say("the time is over (--timeout), \(what) goes on without this command\(text)")
                throw ExitCode(Self.timedOut)
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    static func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    /// Why a store cannot be used, when nobody has looked at what needs it yet; empty when nothing is known against it.
    static func complaint(ofStore name: String, _ client: KubernetesClient, _ namespace: String) async -> String {
        guard let store = try? await client.getIfPresent(BackupStore.self, name, namespace: namespace) else {
            return ""
        }
        let text = WaitReport.text(store.status?.conditions?[ConditionType.ready])
        return text.isEmpty ? "" : "the BackupStore \(name) is not ready: \(text)"
    }
}

/// Names that two commands of the same moment do not share.
enum CommandToken {
    static func make(now: Date = Date(), salt: UInt16 = .random(in: 0...UInt16.max)) -> String {
        let digits = String(salt, radix: 16)
        return "cli-\(Int64(now.timeIntervalSince1970))-\(String(repeating: "0", count: 4 - digits.count))\(digits)"
    }
}
