import Foundation
import Processes
import Testing

/// The API server as a process of its own, and kubectl to talk to it.
struct Probe: Sendable {
    let state: URL
    let url: String
    let pid: Int32

    var kubeconfig: String { state.appending(path: "kubeconfig").path }

    struct NotReady: Error {
        var said: String
    }

    private static var executable: String {
        Bundle.module.bundleURL.deletingLastPathComponent().appending(path: "control-plane-probe").path
    }

    /// A fresh folder that is gone afterwards.
    static func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "control-plane-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// Runs the server while `body` runs, then ends it gracefully.
    static func run(in folder: URL, _ body: (Probe) async throws -> Void) async throws {
        let state = folder.appending(path: "state")
        try await withChild(Command(executable, [state.path])) { streams in
            let line = try await Self.line(of: streams.output)
            let words = line.split(separator: " ").map(String.init)
            // A server that could not start says why on its standard error, which its end brings up.
            guard words.count == 3, words[0] == "ready" else { throw NotReady(said: line) }
            let probe = Probe(state: state, url: words[1], pid: try #require(Int32(words[2])))
            try await body(probe)
            kill(probe.pid, SIGTERM)
        }
    }

    /// Runs the server and kills it with SIGKILL when `body` returns.
    static func runAndKill(in folder: URL, _ body: (Probe) async throws -> Void) async throws {
        let state = folder.appending(path: "state")
        do {
            try await withChild(Command(executable, [state.path])) { streams in
                let words = try await Self.line(of: streams.output).split(separator: " ").map(String.init)
                let probe = Probe(state: state, url: words[1], pid: try #require(Int32(words[2])))
                defer { kill(probe.pid, SIGKILL) }
                try await body(probe)
            }
            Issue.record("the server ended by itself")
        } catch let error as ProcessError where error.code == .signalled(SIGKILL) {
            // As meant.
        }
    }

    static func line(of output: PipeEnd) async throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != UInt8(ascii: "\n") {
            let more = try await output.read(upTo: 1)
            if more.isEmpty { break }
            bytes += more
        }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    /// A kubectl command with caches of its own: those of another server on the same port would mislead it.
    func kubectl(_ arguments: [String], kubeconfig: String? = nil) -> Command {
        Command("kubectl", arguments, environment: environment(kubeconfig: kubeconfig))
    }

    func environment(kubeconfig: String? = nil) -> [String: String] {
        [
            "KUBECONFIG": kubeconfig ?? self.kubeconfig, "KUBECACHEDIR": state.appending(path: "cache").path,
            "HOME": state.path,
        ]
    }

    @discardableResult
    func run(_ arguments: String...) async throws -> String {
        String(decoding: try await runChild(kubectl(arguments)), as: UTF8.self)
    }
}
