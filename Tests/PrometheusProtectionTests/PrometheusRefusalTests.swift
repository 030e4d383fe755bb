import Foundation
import Processes
@testable import PrometheusProtection
import Testing

@Suite struct PrometheusRefusalTests {
    private func failure(_ body: () async throws -> Void) async throws -> PrometheusError {
        try #require(await #expect(throws: PrometheusError.self) { try await body() })
    }

    @Test func `A server without the admin API, or with another folder, is told how to be mended`() async throws {
        try await Fixture.with(adminAPI: false, scrapes: false) { fixture in
            let error = try await failure { _ = try await fixture.backUp("b1") }
            #expect(error.code == .adminDisabled && error.description.contains("--web.enable-admin-api"))
            #expect(fixture.notes.isEmpty)
        }
        try await Fixture.with(scrapes: false) { fixture in
            let other = try fixture.makeFolder("other")
            let error = try await failure { _ = try await fixture.backUp("b1", data: other) }
            #expect(error.code == .dataDirectory && error.description.contains("same folder"))
            let missing = try await failure {
                _ = try await fixture.backUp("b1", data: other.appending(path: "missing"))
            }
            #expect(missing.code == .dataDirectory && missing.field == "dataDirectory")
            let prefix = try await failure {
                _ = try await fixture.backUp("b1", server: PrometheusServer(url: fixture.url + "/elsewhere"))
            }
            #expect(prefix.code == .serverError && prefix.description.contains("route prefix"))
            let down = try await failure {
                _ = try await fixture.backUp(
                    "b1", server: PrometheusServer(url: "http://127.0.0.1:\(try freeLoopbackPort())"))
            }
            #expect(down.code == .unreachable && down.isRetriable && down.field == "url")
            #expect(fixture.notes.isEmpty)
        }
    }

    @Test func `A wrong password is told, the right one works, and neither is ever shown`() async throws {
        let hash = try await runChild(
            Command(
                "python3",
                [
                    "-c",
                    "import sys,crypt; print(crypt.crypt(sys.stdin.read(), crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))",
                ]),
            input: Array(Fixture.password.utf8))
        let text = String(decoding: hash, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        try await Fixture.with(scrapes: false, webConfiguration: "basic_auth_users: {dr: '\(text)'}\n") { fixture in
            var server = PrometheusServer(url: fixture.url, username: "dr", password: Fixture.password + "!")
            let error = try await failure { _ = try await fixture.backUp("b1", server: server) }
            #expect(error.code == .authenticationFailed && error.field == "credentialsSecret")
            #expect(!"\(error)".contains("canary"))
            server.password = Fixture.password
            let manifest = try await fixture.backUp("b1", server: server)
            #expect(!String(decoding: try JSONEncoder().encode(manifest), as: UTF8.self).contains("canary"))
        }
    }

    @Test(arguments: [
        "", "metrics:9090", "ftp://x", "http://", "http:///x", "https://dr:canary@x", "http://x/?a=1", "http://a b",
    ])
    func `What is no address of a server is refused`(_ url: String) {
        let error = #expect(throws: PrometheusError.self) { _ = try PrometheusServer(url: url).checkedURL() }
        #expect(error?.code == .invalidAddress && "\(String(describing: error))".contains("canary") == false)
    }
}
