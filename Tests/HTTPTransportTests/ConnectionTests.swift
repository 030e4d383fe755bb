import Foundation
import HTTPTransport
import Testing

@Suite("A connection")
struct ConnectionTests {
    @Test(
        "is let go when its exchange is cancelled", arguments: ["silent", "frozen", "big/268435456", "deaf", "agreed"])
    func cancellation(path: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { watcher in
                try await withClient(server.configuration()) { client in
                    let name = path.prefix { $0 != "/" }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            var request = HTTPRequest(url: server.url(path))
                            if name == "deaf" || name == "agreed" {
                                let piece = [UInt8](repeating: 1, count: 1 << 20)
                                request.method = "PUT"
                                request.body = .stream({ piece }, length: nil)
                            }
                            for try await _ in try await client.execute(request).body where name == "big" {
                                try await Task.sleep(for: .seconds(3600))
                            }
                        }
                        try await server.wait(until: name == "agreed" ? "agreed-taken" : "at-\(name)", watcher) {
                            $0 == 1
                        }
                        group.cancelAll()
                        let failure = await group.nextResult()
                        #expect(throws: (any Error).self) { try failure?.get() }
                    }
                    if name == "deaf" || name == "agreed" {
                        _ = try await watcher.execute(HTTPRequest(url: server.url("release")))
                    }
                    try await server.wait(until: "open", watcher) { $0 == 1 }
                    #expect(try await client.execute(HTTPRequest(url: server.url("hello"))).status == 200)
                }
            }
        }
    }

    @Test("is let go when nobody holds the body any more")
    func dropped() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { watcher in
                try await withClient(server.configuration()) { client in
                    #expect(try await client.execute(HTTPRequest(url: server.url("big/268435456"))).status == 200)
                    try await server.wait(until: "open", watcher) { $0 == 1 }
                }
            }
        }
    }

    @Test("that dies before it has answered is replaced once for a request that may be repeated")
    func stale() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                for (method, body, succeeds) in [
                    ("GET", HTTPRequest.Body.none, true), ("PUT", .bytes([1, 2]), true),
                    ("POST", .bytes([1, 2]), false),
                    ("PATCH", .bytes([1, 2]), false),
                ] {
                    let first = try await client.execute(HTTPRequest(url: server.url("stale")))
                    #expect(try await first.body.text() == "fresh")
                    let request = HTTPRequest(method: method, url: server.url("stale"), body: body)
                    if succeeds {
                        #expect(try await client.execute(request).body.text() == "fresh", "\(method)")
                    } else {
                        let error = await #expect(throws: HTTPError.self, "\(method)") {
                            try await client.execute(request)
                        }
                        #expect(error?.code == .reset)
                        #expect(error?.requestMayHaveBeenSent == true)
                    }
                }
            }
        }
    }

    @Test("is renewed after GOAWAY and after a refused stream", arguments: ["goaway", "refused"])
    func http2(mode: String) async throws {
        try await withOddServer(mode) { server in
            try await withClient(server.configuration(.http2)) { client in
                let first = try await client.execute(HTTPRequest(url: server.url("")))
                #expect(first.version == .http2)
                #expect(try await first.body.text() == "1/1")
                #expect(try await client.execute(HTTPRequest(url: server.url(""))).body.text() == "2/1")
            }
        }
    }

    @Test("that many share and that has gone silent is used for nothing new")
    func dead() async throws {
        try await withOddServer("dead") { server in
            try await withClient(server.configuration(.http2)) { client in
                let first = try await client.execute(HTTPRequest(url: server.url(""))).body.text()
                #expect(first == "1/1")
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url(""), timeout: .milliseconds(300)))
                }
                #expect(error?.code == .timeout)
                // On the new connection, the second on the same.
                for answer in ["2/1", "2/3"] {
                    let request = HTTPRequest(url: server.url(""), timeout: .seconds(60))
                    let said = try await client.execute(request).body.text()
                    #expect(said == answer)
                }
            }
        }
    }

    @Test("is given up when its bytes are not acknowledged for as long as was said")
    func userTimeout() async throws {
        try await withScriptedServer { server in
            var configuration = try server.configuration()
            configuration.unacknowledgedTimeout = .seconds(30)
            try await withClient(configuration) { client in
                let response = try await client.execute(HTTPRequest(url: server.url("frozen")))
                try withExtendedLifetime(response) {
                    for socket in try sockets(remotePort: server.port) {
                        var limit: Int32 = 0
                        var size = socklen_t(MemoryLayout<Int32>.size)
                        #expect(
                            getsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, &size) == 0
                                && limit == 30_000)
                    }
                }
            }
        }
    }

    @Test("that is never completed ends at the connect timeout, with nothing sent")
    func mute() async throws {
        try await withOddServer("mute") { server in
            var configuration = try server.configuration()
            configuration.connectTimeout = .milliseconds(300)
            try await withClient(configuration) { client in
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url("")))
                }
                #expect(error?.code == .timeout)
                #expect(error?.requestMayHaveBeenSent == false)
            }
        }
    }

    @Test("that the server drops in the handshake says nothing about trust")
    func hangup() async throws {
        try await withOddServer("hangup") { server in
            try await withClient(server.configuration()) { client in
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url("")))
                }
                #expect(error?.code == .connect, "\(String(describing: error))")
                #expect(error?.isRetriable == true)
                #expect(error?.requestMayHaveBeenSent == false)
            }
        }
    }

    @Test("made under old trust is not used under new trust; the server's new certificate is")
    func rotation() async throws {
        try await withScriptedServer { server in
            let files = ["rotated.crt", "rotated.key"].map { server.folder.appending(path: $0).path }
            try await withClient(server.configuration()) { client in
                _ = try await client.execute(HTTPRequest(url: server.url("rotate?" + files.joined(separator: ","))))
                    .body.text()
                #expect(try await server.seen("connections", client) == 1)
                try await withClient(server.configuration()) { late in
                    let error = await #expect(throws: HTTPError.self) {
                        try await late.execute(HTTPRequest(url: server.url("hello")))
                    }
                    #expect(error?.code == .tls)
                }
                client.update(tls: HTTPTLS(certificateAuthorities: try server.pem("otherca.crt")))
                #expect(try await server.seen("connections", client) == 2)
            }
        }
    }

    @Test("is closed in a child process")
    func inheritance() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let response = try await client.execute(HTTPRequest(url: server.url("frozen")))
                try withExtendedLifetime(response) {
                    let sockets = try sockets(remotePort: server.port)
                    #expect(sockets.count == 1)
                    #expect(sockets.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
                }
            }
        }
    }

    @Test("asks for the path as it is written", arguments: ["path/a/../b/./c", "path/%2e%2e/%2F", "path//x?y=../z"])
    func asIs(path: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let asked = try await client.execute(HTTPRequest(url: server.url(path))).body.text()
                #expect(asked == "/" + path)
            }
        }
    }

    /// This process's TCP sockets that lead to a port of this machine.
    private func sockets(remotePort: Int) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }.filter {
            descriptor in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
            }
            return result == 0 && Int32(address.sin_family) == AF_INET
                && Int(UInt16(bigEndian: address.sin_port)) == remotePort
        }
    }
}
