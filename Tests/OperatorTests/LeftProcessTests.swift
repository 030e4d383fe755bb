import Foundation
import Operator
import Processes
import Testing

/// What works for the operator ends with it, also when it is killed.
@Suite struct LeftProcessTests {
    @Test(
        "A scratch server ends when the operator that started it is killed",
        arguments: [(ProtectedSource.Kind.vault, "server -config="), (.prometheus, "--storage.tsdb.path=")])
    func scratchServer(_ kind: ProtectedSource.Kind, _ words: String) async throws {
        try await World.with(rows: 1) { world in
            try await ProtectedSource.with(kind, world) { source in
                let work = world.folder.appending(path: "dr-cache/work").path
                try await Standalone.run(world, environment: world.cache) { _ in
                    try await world.prepare(source)
                    try await world.apply(source.policy(trigger: "first"))
                    try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                }
                var wasSeen = false
                for time in 1...20 where !wasSeen {
                    let order = [
                        "DR_KILL_AT": "\(KillPoint.verificationProgressed.rawValue):\(time)", "DR_KILL_SIGNAL": "STOP",
                    ]
                    var found: [ProcessEntry] = []
                    try await Standalone.run(world, environment: world.cache.merging(order) { $1 }) { process in
                        // Its answer may be lost: the operator stands still at the point.
                        let ask = ["10", Standalone.executable, "verify", "p", "-n", World.namespace]
                        _ = try? await runChild(Command("timeout", ask, environment: world.environment))
                        try await world.eventually("it stands still") { process.state == "T" ? nil : process.state }
                        found = ProcessEntry.naming(work)
                        process.signal(SIGKILL)
                    }
                    wasSeen = found.contains { $0.arguments.contains(words) }
                    try await world.eventually("\(found) end with it") {
                        let left = ProcessEntry.naming(work)
                        return left.isEmpty ? nil : "\(left)"
                    }
                    try await Standalone.run(world, environment: world.cache) { _ in
                        try await world.eventually("it is proven") { try await world.hasVerdict() ? nil : "not yet" }
                    }
                }
                #expect(wasSeen, "no scratch server was met at any point")
            }
        }
    }

    @Test("A git that waits for a server ends when the operator that started it is killed")
    func git() async throws {
        try await World.with(rows: 1) { world in
            // Takes connections and never answers.
            let silent =
                "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(9); print(s.getsockname()[1], flush=True); sys.stdin.read()"
            try await withChild(Command("python3", ["-c", silent])) { streams in
                let port = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self).trimmingCharacters(
                    in: .whitespacesAndNewlines)
                var found: [ProcessEntry] = []
                try await Standalone.run(world, environment: world.cache) { process in
                    try await world.prepare()
                    try await world.apply(
                        World.object(
                            "BackupPolicy", "p",
                            "{source: {git: {url: \"http://127.0.0.1:\(port)/a.git\"}}, storeRef: {name: primary}, trigger: first}"
                        ))
                    try await world.eventually("it asks the server") {
                        found = ProcessEntry.family(of: process.pid).filter { $0.arguments.contains("git clone") }
                        return found.isEmpty ? "no git" : nil
                    }
                    process.signal(SIGKILL)
                }
                try await world.eventually("\(found) ends with it") {
                    let left = found.filter { ProcessEntry($0.number)?.arguments == $0.arguments }
                    return left.isEmpty ? nil : "\(left)"
                }
            }
        }
    }
}
