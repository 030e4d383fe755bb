import Foundation
import Processes
import Testing

/// Who can reach `dr standalone`.
@Suite struct ListeningTests {
    @Test("It listens on loopback alone unless it is told otherwise; its admin's kubeconfig is the owner's alone")
    func loopback() async throws {
        try await World.with(rows: 1) { world in
            let probes = "127.0.0.1:\(try freeLoopbackPort())"
            try await Standalone.run(world, arguments: ["--probe-address", probes]) { process in
                // The probes' listener may come a moment after the API's.
                var found = try Self.listening(process.pid)
                for _ in 0..<100 where found.count < 2 {
                    try await Task.sleep(for: .milliseconds(100))
                    found = try Self.listening(process.pid)
                }
                #expect(found.count == 2, "the API and the probes: \(found)")
                #expect(found.allSatisfy { $0.hasPrefix("0100007F:") }, "\(found)")
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: world.state.appending(path: "kubeconfig").path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("Told to listen everywhere it does, and its certificate is good for the names it was given")
    func everywhere() async throws {
        try await World.with(rows: 1) { world in
            try await Standalone.run(
                world, arguments: ["--address", "0.0.0.0", "--name", "dr.example.com", "--name", "192.0.2.7"]
            ) { process in
                let found = try Self.listening(process.pid)
                #expect(found.map { $0.prefix(9) } == ["00000000:"], "\(found)")
                // The kubeconfig leads to this machine itself.
                let server = try await world.kubectl(
                    "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
                #expect(server.hasPrefix("https://127.0.0.1:"), "\(server)")
                for name in ["dr.example.com", "192.0.2.7", "localhost"] {
                    #expect(
                        try await world.kubectl("--tls-server-name", name, "get", "--raw", "/readyz") == "ok", "\(name)"
                    )
                }
                await #expect(throws: ProcessError.self) {
                    try await world.kubectl("--tls-server-name", "other.example.com", "get", "--raw", "/readyz")
                }
            }
        }
    }

    /// `ADDRESS:PORT`, as the kernel writes them, of a process's listening sockets.
    private static func listening(_ pid: Int32) throws -> [String] {
        let descriptors = "/proc/\(pid)/fd"
        let own = try FileManager.default.contentsOfDirectory(atPath: descriptors).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\($0)")
        }
        return try ["tcp", "tcp6"].flatMap { table in
            try String(contentsOfFile: "/proc/\(pid)/net/\(table)", encoding: .utf8).split(separator: "\n").dropFirst()
                .compactMap { line in
                    let fields = line.split(separator: " ")
                    // 0A: it listens.
                    guard fields.count > 9, fields[3] == "0A", own.contains("socket:[\(fields[9])]") else { return nil }
                    return String(fields[1])
                }
        }
    }
}
