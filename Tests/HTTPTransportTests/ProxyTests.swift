import Foundation
import Testing

@testable import HTTPTransport

@Suite("The proxy")
struct ProxyTests {
    @Test(
        "is left out for hosts of NO_PROXY",
        arguments: [
            ("example.com", "example.com", true), ("api.example.com", "example.com", true),
            ("api.example.com", ".example.com", true), ("api.example.com", "*.example.com", true),
            ("badexample.com", "example.com", false), ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3", true), ("fd00::1", "fd00::/8", true), ("fe00::1", "fd00::/8", false),
            ("example.com", "a.com, example.com", true), ("example.com", "", false), ("example.com", "*", true),
            ("localhost", "", true), ("127.0.0.1", "", true), ("::1", "", true), ("[::1]", "", true),
            ("7f00::1", "", false), ("EXAMPLE.com", "example.COM", true),
            ("10.1.2.3", "10.0.0.0/99", false),
        ])
    func exceptions(host: String, list: String, expected: Bool) {
        #expect(HTTPProxy.isExcepted(host: host, list: list) == expected)
    }

    @Test("comes from the environment by the request's scheme")
    func environment() {
        let environment = ["https_proxy": "http://p:1", "HTTP_PROXY": "http://q:2", "NO_PROXY": "inside.example.com"]
        #expect(HTTPProxy.environment.proxy(scheme: "https", host: "a.com", environment: environment) == "http://p:1")
        #expect(HTTPProxy.environment.proxy(scheme: "http", host: "a.com", environment: environment) == "http://q:2")
        #expect(
            HTTPProxy.environment.proxy(scheme: "https", host: "x.inside.example.com", environment: environment) == nil)
        #expect(HTTPProxy.none.proxy(scheme: "https", host: "a.com", environment: environment) == nil)
    }

    @Test("carries TLS that it cannot read, and gets no header of ours")
    func tunnel() async throws {
        try await withScriptedServer { server in
            try await withOddServer("proxy") { proxy in
                var configuration = try server.configuration()
                configuration.proxy = .url("http://127.0.0.1:\(proxy.port)", noProxy: "elsewhere.test")
                try await withClient(configuration) { client in
                    let request = HTTPRequest(
                        url: server.url("hello", host: "server.test"), headers: ["Authorization": "secret"])
                    #expect(try await client.execute(request).body.text() == "hello GET")
                    let log = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(proxy.port)/log")).body
                        .text()
                    #expect(log.hasPrefix("CONNECT server.test:\(server.port) HTTP/1.1\r\n"))
                    #expect(log.contains("secret") == false)
                }
            }
        }
    }

    @Test("that refuses is a failure to connect")
    func denied() async throws {
        try await withOddServer("denied") { proxy in
            let configuration = HTTPClientConfiguration(proxy: .url("http://127.0.0.1:\(proxy.port)", noProxy: ""))
            try await withClient(configuration) { client in
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(HTTPRequest(method: "POST", url: "https://server.test/"))
                }
                #expect(error?.code == .connect, "\(String(describing: error))")
                #expect(error?.message.contains("407") == true)
                #expect(error?.requestMayHaveBeenSent == false)
            }
        }
    }
}
