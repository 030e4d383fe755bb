import Foundation
import HTTPTransport
import Testing

@Suite("A failing exchange")
struct FailureTests {
    @Test(
        "says how it failed",
        arguments: [("frozen", HTTPError.Code.idle), ("reset", .reset), ("short", .reset)])
    func body(path: String, code: HTTPError.Code) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let error = await #expect(throws: HTTPError.self) {
                    let response = try await client.execute(
                        HTTPRequest(url: server.url(path), idleTimeout: .seconds(1)))
                    _ = try await response.body.text()
                }
                #expect(error?.code == code, "\(String(describing: error))")
                #expect(error?.isRetriable == true)
            }
        }
    }

    @Test("ends at its deadline when no answer comes")
    func deadline() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url("silent"), timeout: .milliseconds(300)))
                }
                #expect(error?.code == .timeout)
            }
        }
    }

    @Test(
        "ends at its deadline in the middle of the answer, and while the server takes no more of the body",
        arguments: ["frozen", "deaf"])
    func lateDeadline(path: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client async throws in
                // More than the sockets between us hold.
                let feed = Feed(bytes: [UInt8](repeating: 1, count: 64 << 20), piece: 1 << 20)
                let body: HTTPRequest.Body = path == "deaf" ? .stream(feed.next, length: nil) : .none
                let request = HTTPRequest(
                    method: path == "deaf" ? "PUT" : "GET", url: server.url(path), body: body,
                    timeout: .milliseconds(500))
                let error = await #expect(throws: HTTPError.self) { _ = try await client.execute(request).body.text() }
                #expect(error?.code == .timeout, "\(String(describing: error))")
                #expect(error?.requestMayHaveBeenSent == true)
                // The deadline is that request's alone.
                #expect(try await client.execute(HTTPRequest(url: server.url("hello"))).status == 200)
            }
        }
    }

    @Test("trusts the given authority and nothing else")
    func trust() async throws {
        try await withScriptedServer { server in
            for (name, tls) in [
                ("system roots", HTTPTLS()),
                ("another authority", HTTPTLS(certificateAuthorities: try server.pem("otherca.crt"))),
            ] {
                try await withClient(HTTPClientConfiguration(tls: tls)) { client in
                    let error = await #expect(throws: HTTPError.self, "\(name)") {
                        try await client.execute(HTTPRequest(url: server.url("hello")))
                    }
                    #expect(error?.code == .tls)
                    #expect(error?.requestMayHaveBeenSent == false)
                }
            }
        }
    }

    @Test("refuses a certificate that is expired or another host's", arguments: ["expired", "otherhost"])
    func certificate(name: String) async throws {
        try await withScriptedServer(certificate: name) { server in
            try await withClient(server.configuration()) { client in
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url("hello")))
                }
                #expect(error?.code == .tls)
            }
        }
    }

    @Test("accepts another host's certificate under that name")
    func serverName() async throws {
        try await withScriptedServer(certificate: "otherhost") { server in
            var configuration = try server.configuration()
            configuration.tls.serverName = "other.example.com"
            try await withClient(configuration) { client in
                let response = try await client.execute(HTTPRequest(url: server.url("hello")))
                #expect(response.status == 200)
            }
        }
    }

    @Test("needs a client certificate where the server demands one, and takes a new one without a new client")
    func clientCertificate() async throws {
        try await withScriptedServer(demandsClient: true) { server in
            try await withClient(server.configuration()) { client in
                await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(url: server.url("hello")))
                }
                client.update(
                    tls: HTTPTLS(
                        certificateAuthorities: try server.pem("ca.crt"),
                        clientCertificate: try server.pem("client.crt"),
                        clientKey: try server.pem("client.key")))
                let response = try await client.execute(HTTPRequest(url: server.url("hello")))
                #expect(response.status == 200)
            }
        }
    }

    @Test("is refused before anything is sent when a header would become two", arguments: ["a\r\nb: c", "a\nb", "a\0"])
    func injection(value: String) async throws {
        try await withClient(HTTPClientConfiguration()) { client in
            let error = await #expect(throws: HTTPError.self) {
                try await client.execute(HTTPRequest(url: "https://127.0.0.1:1/", headers: ["X-Name": value]))
            }
            #expect(error?.code == .malformed)
        }
    }

    @Test("is refused before anything is sent when the method is not a word", arguments: ["", "GET /x", "G\r\nX: y"])
    func method(value: String) async throws {
        try await withClient(HTTPClientConfiguration()) { client in
            let error = await #expect(throws: HTTPError.self) {
                try await client.execute(HTTPRequest(method: value, url: "https://127.0.0.1:1/"))
            }
            #expect(error?.code == .malformed)
            #expect(error?.requestMayHaveBeenSent == false)
        }
    }

    @Test("names its address without what is secret in it")
    func address() async throws {
        try await withClient(HTTPClientConfiguration()) { client in
            let error = await #expect(throws: HTTPError.self) {
                try await client.execute(HTTPRequest(url: "https://user:hunter2@127.0.0.1:1/path?signature=hunter3"))
            }
            #expect(error?.code == .connect)
            #expect(error?.url == "https://127.0.0.1:1/path")
            #expect("\(String(describing: error))".contains("hunter") == false)
        }
    }

    @Test("that is under way at shutdown is told so, and nothing starts after it")
    func shutdown() async throws {
        try await withScriptedServer { server in
            let client = HTTPClient(configuration: try server.configuration())
            let response = try await client.execute(HTTPRequest(url: server.url("frozen")))
            await client.shutdown()
            await client.shutdown()
            let first = await #expect(throws: HTTPError.self) { _ = try await response.body.text() }
            let second = await #expect(throws: HTTPError.self) {
                try await client.execute(HTTPRequest(url: server.url("hello")))
            }
            #expect(first?.code == .shutDown)
            #expect(second?.code == .shutDown)
        }
    }
}
