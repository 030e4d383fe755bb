@testable import ControlPlane

import Foundation
import KubernetesModel
import Logging
import Processes
import Testing

/// The server as users run it: a process with TLS, a token and a state folder.
@Suite(.timeLimit(.minutes(5))) struct ProcessTests {
    @Test func `an acknowledged write survives kill -9, and watches resume across it`() async throws {
        try await Probe.withFolder { folder in
            var acknowledged: [String] = []
            var version = ""
            for round in 0..<3 {
                let items = (0..<200).map { index -> JSON in
                    ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("r\(round)-\(index)")]]
                }
                let file = folder.appending(path: "items.json")
                try JSON.object(["apiVersion": "v1", "kind": "List", "items": .array(items)]).serialized().write(
                    to: file)
                let seen = Locked<[String]>([])
                try await Probe.runAndKill(in: folder) { probe in
                    if version.isEmpty {
                        version = try await JSON(parsing: probe.run("get", "--raw", TestAPI.configMaps)).resourceVersion
                    }
                    let create = probe.kubectl(["create", "--validate=false", "-f", file.path])
                    // It fails in the end, for its server is killed under it.
                    _ = try? await withChild(create) { streams in
                        while true {
                            let line = try await Probe.line(of: streams.output)
                            if line.isEmpty { return }
                            let name = line.split(separator: "/").last?.split(separator: " ").first
                            seen.change { $0.append(name.map(String.init) ?? "") }
                            if seen.value.count == 20 + round * 7 { kill(probe.pid, SIGKILL) }
                        }
                    }
                }
                acknowledged += seen.value
            }
            #expect(acknowledged.count >= 60)
            try await Probe.run(in: folder) { probe in
                let list = try await JSON(parsing: probe.run("get", "--raw", TestAPI.configMaps))
                let names = (list["items"]?.array ?? []).map(\.name)
                #expect(Set(acknowledged).subtracting(names).isEmpty)
                let events = try await probe.run(
                    "get", "--raw", "\(TestAPI.configMaps)?watch=true&timeoutSeconds=1&resourceVersion=\(version)")
                #expect(events.split(separator: "\n").count == names.count)
            }
        }
    }

    @Test func `the state folder is private, and what is in it too`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                func mode(_ url: URL) throws -> Int? {
                    try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
                }
                #expect(try mode(probe.state) == 0o700)
                let names = try FileManager.default.contentsOfDirectory(atPath: probe.state.path)
                for name in names where name != "cache" {
                    #expect(try mode(probe.state.appending(path: name)) == 0o600, "\(name)")
                }
                #expect(Set(names).isSuperset(of: ["kubeconfig", "token", "ca.key", "server.key", "state.sqlite"]))
            }
        }
    }

    @Test func `a second process on the same folder is refused with the reason`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                let error = await #expect(throws: ProcessError.self) { try await Probe.run(in: folder) { _ in } }
                #expect(error?.message.contains("another process uses this state folder") == true)
                let health = try await probe.run("get", "--raw", "/readyz")
                #expect(health == "ok")
            }
        }
    }

    @Test func `a restart keeps the address, the authority and the token`() async throws {
        try await Probe.withFolder { folder in
            let saved = Locked("")
            try await Probe.run(in: folder) { probe in
                let text = try String(contentsOfFile: probe.kubeconfig, encoding: .utf8)
                saved.change { $0 = text }
            }
            try await Probe.run(in: folder) { probe in
                let text = try String(contentsOfFile: probe.kubeconfig, encoding: .utf8)
                #expect(text == saved.value)
                let health = try await probe.run("get", "--raw", "/readyz")
                #expect(health == "ok")
            }
        }
    }

    @Test func `when the port of the last time is taken another one is`() async throws {
        try await Probe.withFolder { folder in
            let other = folder.appending(path: "other")
            try await Probe.run(in: folder) { first in
                let port = try Data(contentsOf: first.state.appending(path: "port"))
                let state = other.appending(path: "state")
                try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
                try port.write(to: state.appending(path: "port"))
                try await Probe.run(in: other) { second in
                    #expect(second.url != first.url)
                    let health = try await second.run("get", "--raw", "/readyz")
                    #expect(health == "ok")
                }
            }
        }
    }

    @Test func `a port that was asked for and is taken is an error that says so`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { first in
                var configuration = ControlPlaneConfiguration(stateDirectory: folder.appending(path: "second"))
                configuration.port = try #require(URL(string: first.url)?.port)
                let plane = ControlPlane(
                    configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                let error = await #expect(throws: ControlPlaneError.self) { try await plane.run() }
                #expect(error?.code == .listen)
                #expect(error?.description.contains("\(configuration.port)") == true)
                // Who waits for it hears the same.
                let waited = await #expect(throws: ControlPlaneError.self) { try await plane.ready() }
                #expect(waited == error)
            }
        }
    }

    @Test func `without the token nothing is told but that the server is there`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                func ask(_ path: String, _ extra: [String]) async throws -> String {
                    let arguments = ["--server", probe.url, "--insecure-skip-tls-verify", "get", "--raw", path] + extra
                    let bytes = try await runChild(probe.kubectl(arguments, kubeconfig: "/dev/null"))
                    return String(decoding: bytes, as: UTF8.self)
                }
                for path in ["/healthz", "/readyz", "/livez"] {
                    let health = try await ask(path, ["--token=none"])
                    #expect(health == "ok")
                }
                let version = try await ask("/version", ["--token=none"])
                #expect(version.contains("gitVersion"))
                for path in [
                    "/api", "/apis", "/openapi/v2", "/api/v1/namespaces", "/",
                    "/api/v1/secrets?watch=true&timeoutSeconds=1",
                ] {
                    for extra in [["--token=wrong"], ["--token=\(String(repeating: "a", count: 64))"]] {
                        let error = await #expect(throws: ProcessError.self) { try await ask(path, extra) }
                        #expect(error?.message.contains("Unauthorized") == true, "\(path)")
                    }
                }
            }
        }
    }

    @Test func `the reviews that kubectl asks for are answered, as protobuf too`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                #expect(try await probe.run("auth", "can-i", "delete", "secrets") == "yes\n")
                #expect(try await probe.run("auth", "whoami").contains("dr-admin"))
                let list = try await probe.run("auth", "can-i", "--list")
                #expect(list.contains("*.*") && list.contains("[*]"), "\(list)")
            }
        }
    }

    @Test func `graceful shutdown ends open watches at once`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                let watch = probe.kubectl(
                    ["get", "--raw", "/api/v1/namespaces?watch=true&timeoutSeconds=3600&allowWatchBookmarks=true"])
                // Returns only because the server ends the watch: it would last an hour.
                try await withChild(watch) { streams in
                    #expect(try await Probe.line(of: streams.output).contains("ADDED"))
                    kill(probe.pid, SIGTERM)
                    while try await !streams.output.read(upTo: 1 << 16).isEmpty {}
                }
            }
        }
    }

    @Test func `the watch of a client that went away is given up`() async throws {
        try await Probe.withFolder { folder in
            try await runInProcess(folder) { plane, probe, logs in
                let watch = probe.kubectl(["get", "--raw", "/api/v1/namespaces?watch=true&timeoutSeconds=3600"])
                let watchers = try #require(plane.api?.hub)
                let before = watchers.watcherCount
                try await withChild(watch) { streams in
                    #expect(try await Probe.line(of: streams.output).contains("ADDED"))
                    #expect(watchers.watcherCount == before + 1)
                    throw CancellationError()
                } as Void
            } whenDone: { plane in
                await waitForOneWatcher(plane)
            }
        }
    }

    @Test func `a client that takes nothing is disconnected`() async throws {
        try await Probe.withFolder { folder in
            var configuration = ControlPlaneConfiguration(stateDirectory: folder.appending(path: "state"))
            configuration.stallTimeout = .milliseconds(100)
            try await runInProcess(folder, configuration) { plane, probe, _ in
                let api = try #require(plane.api)
                let before = api.hub.watcherCount
                let watch = probe.kubectl(["get", "--raw", "\(TestAPI.configMaps)?watch=true&timeoutSeconds=3600"])
                _ =
                    try? await withChild(watch) { streams in
                        while api.hub.watcherCount == before { try await Task.sleep(for: .milliseconds(5)) }
                        // Nobody reads kubectl's output: it stops reading, and more than the sockets hold is written.
                        for index in 0..<40 {
                            let object: JSON = [
                                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("k\(index)")],
                                "data": ["x": .string(String(repeating: "x", count: 900_000))],
                            ]
                            _ = try await api.respond(
                                to: APIRequest(
                                    method: .post, path: ["api", "v1", "namespaces", "default", "configmaps"],
                                    query: .init(), body: JSONText.bytes(object)))
                        }
                        while api.hub.watcherCount > before { try await Task.sleep(for: .milliseconds(5)) }
                        throw CancellationError()
                    } as Void
                #expect(api.hub.watcherCount == before)
            }
        }
    }

    /// Waits until only the controllers watch: the close of a connection reaches its watch through the event loop, and
    /// nothing else tells.
    private func waitForOneWatcher(_ plane: ControlPlane) async {
        while let hub = plane.api?.hub, hub.watcherCount > 1 { try? await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func `neither the token nor secrets are logged`() async throws {
        try await Probe.withFolder { folder in
            try await runInProcess(folder) { _, probe, logs in
                try await probe.run("create", "secret", "generic", "s", "--from-literal=password=canary-7f3a")
                try await probe.run("get", "secret", "s", "-o", "yaml")
                let token = try String(contentsOf: probe.state.appending(path: "token"), encoding: .utf8).prefix(64)
                let text = logs.value
                #expect(text.contains("/api/v1/namespaces/default/secrets"))
                #expect(!text.contains(token))
                #expect(!text.contains("canary-7f3a"))
                #expect(!text.contains(Data("canary-7f3a".utf8).base64EncodedString()))
            }
        }
    }

    @Test func `a body over the limit is refused with 413`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                let file = folder.appending(path: "large.json")
                let large: JSON = [
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "large"],
                    "data": ["x": .string(String(repeating: "x", count: 4 << 20))],
                ]
                try large.serialized().write(to: file)
                let error = await #expect(throws: ProcessError.self) {
                    try await probe.run("create", "--validate=false", "-f", file.path)
                }
                #expect(error?.message.contains("Request entity too large: limit is 3145728") == true)
            }
        }
    }
}
