import Testing

@testable import HTTPTransport

@Suite("The proxy")
struct ProxyTests {
    @Test(
        "is left out for hosts of NO_PROXY",
        arguments: [
            ("example.com", "example.com", true), ("api.example.com", "example.com", true),
            ("api.example.com", ".example.com", true), ("api.example.com", "*.example.com", true),
            ("badexample.com", "example.com", false), ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3", true), ("fd00::1", "fd00::/8", true), ("fe00::1", "fd00::/8", false),
            ("example.com", "a.com, example.com", true), ("example.com", "", false), ("example.com", "*", true),
            ("localhost", "", true), ("127.0.0.1", "", true), ("EXAMPLE.com", "example.COM", true),
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
        #expect(HTTPProxy.environment.proxy(scheme: "https", host: "x.inside.example.com", environment: environment) == nil)
        #expect(HTTPProxy.none.proxy(scheme: "https", host: "a.com", environment: environment) == nil)
    }
}
