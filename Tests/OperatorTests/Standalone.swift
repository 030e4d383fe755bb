import Foundation
import Processes
import Synchronization
import Testing

/// A running `dr standalone`.
struct Standalone: Sendable {
    /// How it ended.
    enum Ending: Sendable, Hashable {
        case cleanly
        case signalled(Int32)
    }

    let pid: Int32

    /// The built product, beside the test bundle, which is the program itself or an argument of what runs it.
    static let executable: String = {
        let places =
            [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
        let found = places.map { $0.appending(path: "dr").path }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return found ?? "dr"
    }()

    /// Starts it, waits until it answers, runs `body`, then asks it to end, if it has not by then, and waits for that.
    ///
    /// The shell writes down its process, leaves all its log in a file, and kills it when this test process is gone.
    /// - Parameter limit: of the shell's, what the process may not do: `ulimit -f 1024`.
    @discardableResult
    static func run(
        _ world: World, environment: [String: String] = [:], arguments: [String] = [], limit: String = "true",
        _ body: (Standalone) async throws -> Void
    ) async throws -> Ending {
        let script = """
            exec 3<&0
            (read -r _ <&3; kill -KILL $$) >/dev/null 2>&1 &
            echo $$
            \(limit)
            exec "$@" 2>>"$LOG" </dev/null 3<&-
            """
        let command = Command(
            "bash", ["-c", script, "bash", executable, "standalone", "--state", world.state.path] + arguments,
            environment: environment.merging(["LOG": world.log.path]) { $1 })
        // What the body threw says more than how the process ended.
        let failure = Mutex<(any Error)?>(nil)
        func check() throws { if let error = failure.withLock({ $0 }) { throw error } }
        do {
            try await withChild(command) { streams in
                var line: [UInt8] = []
                while line.last != UInt8(ascii: "\n") {
                    let more = try await streams.output.read(upTo: 1)
                    if more.isEmpty { break }
                    line += more
                }
                let process = Standalone(pid: try #require(Int32(String(decoding: line.dropLast(), as: UTF8.self))))
                do {
                    try await process.becomeReady(world)
                    try await body(process)
                } catch { failure.withLock { $0 = error } }
                process.signal(SIGTERM)
                // Its output ends when it does.
                while try await !streams.output.read(upTo: 4096).isEmpty {}
            }
            try check()
            return .cleanly
        } catch let error as ProcessError {
            try check()
            guard case .signalled(let signal) = error.code else {
                throw World.TimedOut(description: "\(error)\n\(world.lastLog)")
            }
            return .signalled(signal)
        }
    }

    /// A process that ended stays until its parent collects it.
    var isRunning: Bool { kill(pid, 0) == 0 && state != "Z" }

    /// As the kernel says: `S`, `R`, `T` stopped, `Z` ended.
    var state: String {
        let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return text?.split(separator: ")").last?.split(separator: " ").first.map(String.init) ?? "Z"
    }

    func signal(_ signal: Int32) { kill(pid, signal) }

    func end(_ world: World, within seconds: Double = 60) async throws {
        try await world.eventually("the process ends", within: seconds) { isRunning ? "running" : nil }
    }

    private func becomeReady(_ world: World) async throws {
        try await world.eventually("the API answers", within: 60) {
            guard isRunning else { throw World.TimedOut(description: "dr has ended: \(world.lastLog)") }
            guard FileManager.default.fileExists(atPath: world.state.appending(path: "kubeconfig").path) else {
                return "no kubeconfig"
            }
            do {
                try await world.kubectl("get", "--raw", "/apis/dr.hotswap.io/v1alpha1")
                return nil
            } catch { return "\(error)" }
        }
    }
}
