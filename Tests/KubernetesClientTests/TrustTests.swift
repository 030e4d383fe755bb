import Foundation
import KubernetesModel
import ScriptedAPIServer
import Cryptography
import Testing

@testable import KubernetesClient

@Suite("Trust")
struct TrustTests {
    @Test("follows a certificate authority that was replaced, and keeps the old one while the file is broken")
    func rotation() async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            try await server.withClient { client in
                #expect(try await client.serverVersion() == "v1")
                let other = try CertificateAuthority.create(commonName: "other", validFor: .seconds(3600))
                let issued = try other.issue(server: "localhost", dnsNames: ["localhost"], validFor: .seconds(3600))
                try server.write("-----BEGIN CERTIFICATE-----\nhalf", "ca.crt")
                #expect(!client.refreshTrust(notWithin: .zero))
                try await server.rotate(
                    server.write(issued.certificatePEM, "new.crt"), server.write(issued.privateKeyPEM, "new.key"))
                try server.write(other.certificatePEM, "ca.crt")
                #expect(client.refreshTrust(notWithin: .zero))
                #expect(try await client.serverVersion() == "v1")
            }
        }
    }

    @Test("follows a client certificate that was replaced, and not a half of it")
    func clientCertificate() async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            func issue(_ name: String) throws -> (certificate: String, key: String) {
                let issued = try server.authority.issue(client: name, validFor: .seconds(3600))
                return (issued.certificatePEM, issued.privateKeyPEM)
            }
            var configuration = server.configuration(.none)
            let first = try issue("alice")
            configuration.clientCertificate = .file(try server.write(first.certificate, "me.crt"))
            configuration.clientKey = .file(try server.write(first.key, "me.key"))
            try await server.withClient(configuration) { client in
                _ = try await client.serverVersion()
                let next = try issue("bob")
                try server.write("", "me.crt")
                #expect(!client.refreshTrust(notWithin: .zero))
                _ = try await client.serverVersion()
                try server.write(next.key, "me.key")
                try server.write(next.certificate, "me.crt")
                #expect(client.refreshTrust(notWithin: .zero))
                _ = try await client.serverVersion()
                #expect(try await server.requests().map(\.client) == ["alice", "alice", "bob"])
            }
        }
    }

    @Test("of nobody is an error that names the file")
    func broken() async throws {
        try await withScriptedAPIServer { server in
            let file = try server.write("no certificate", "broken.crt")
            var configuration = server.configuration()
            configuration.certificateAuthority = .file(file)
            let error = try #require(throws: ClusterConfigurationError.self) {
                try KubernetesClient(configuration: configuration, logger: quiet)
            }
            #expect(error.location == file)
            #expect(error.message.contains("no certificate"))
        }
    }
}

@Suite("A token bucket")
struct TokenBucketTests {
    struct Instant: InstantProtocol {
        var seconds: Double
        func advanced(by duration: Duration) -> Instant { Instant(seconds: seconds + duration / .seconds(1)) }
        func duration(to other: Instant) -> Duration { .seconds(other.seconds - seconds) }
        static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
    }

    @Test("lets a burst through, then a steady rate, in order, and fills up again no further than the burst")
    func rate() {
        var bucket = TokenBucket<Instant>(rate: 50, burst: 100)
        let now = Instant(seconds: 0)
        #expect((0..<100).allSatisfy { _ in bucket.take(at: now) == .zero })
        #expect(bucket.take(at: now) == .milliseconds(20))
        #expect(bucket.take(at: now) == .milliseconds(40))
        bucket.giveBack()
        #expect(bucket.take(at: now) == .milliseconds(40))
        #expect(bucket.take(at: Instant(seconds: 0.04)) == .milliseconds(20))
        #expect((0..<100).allSatisfy { _ in bucket.take(at: Instant(seconds: 1000)) == .zero })
        #expect(bucket.take(at: Instant(seconds: 1000)) > .zero)
        // A clock that went back gives nothing and takes nothing.
        #expect(bucket.take(at: Instant(seconds: 999)) == .milliseconds(40))
    }
}
