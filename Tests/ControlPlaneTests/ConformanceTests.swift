import Foundation
import KubernetesModel
import Processes
import Testing

/// Unmodified kubectl against this server says what it says against a real Kubernetes.
///
/// `run.sh` sends the commands; `expected.txt` is what Kubernetes 1.36 answered.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
    /// Commands whose output may differ, each with its why. Exit codes and effects must be equal even so.
    static let allowed: [(command: String, why: String)] = []

    /// Blocks that are known to be wrong, with what is missing. They are reported as known issues; when one comes right
    /// it is taken out of here.
    static let known: [(start: String, why: String)] = []

    /// Blocks whose lines come in the order of times that are the same only when the commands ran in one second.
    static let unordered = ["kubectl -n conf get sample s --show-managed-fields"]

    @Test func `149 kubectl commands say what they say against Kubernetes`() async throws {
        try await Probe.withFolder { folder in
            let resources = Bundle.module.bundleURL.appending(path: "Resources")
            let expected = try String(contentsOf: resources.appending(path: "expected.txt"), encoding: .utf8)
            try await Probe.run(in: folder) { probe in
                let command = Command(
                    "bash", [resources.appending(path: "run.sh").path], environment: probe.environment())
                let got = String(decoding: try await runChild(command), as: UTF8.self)
                let (left, right) = (Self.blocks(expected), Self.blocks(got))
                #expect(left.map(\.name) == right.map(\.name))
                for (want, have) in zip(left, right) where want.text != have.text {
                    if Self.unordered.contains(where: want.name.hasPrefix),
                        want.text.split(separator: "\n").sorted() == have.text.split(separator: "\n").sorted()
                    {
                        continue
                    }
                    if Self.allowed.contains(where: { $0.command == want.name && want.code == have.code }) { continue }
                    let text = "expected:\n\(want.text)\n\ngot:\n\(have.text)"
                    if let known = Self.known.first(where: { want.name.hasPrefix($0.start) }) {
                        withKnownIssue(Comment(rawValue: known.why)) { Issue.record(Comment(rawValue: text)) }
                    } else {
                        Issue.record(Comment(rawValue: text))
                    }
                }
            }
        }
    }

    private struct Block {
        var name: String
        var text: String
        var code: String
    }

    /// The output cut at the lines that name a command.
    private static func blocks(_ text: String) -> [Block] {
        text.components(separatedBy: "\n### ").map { part in
            let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
            return Block(
                name: String(lines.first ?? ""), text: part,
                code: lines.last { $0.hasPrefix("= ") }.map(String.init) ?? "")
        }
    }
}
