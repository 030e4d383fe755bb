import Cryptography
import Foundation
import S3TestServer
import Testing

@testable import ObjectStore

/// Configurations that are wrong: the error names the field and the mend, and holds no secret.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var code: ObjectStoreError.Code
        var words: [String]
        var isRetriable = false
        var change: @Sendable (inout S3Configuration) throws -> Void
        var testDescription: String { name }
    }

    static let canary = "canary-secret-value"

    static let cases = [
        Case(name: "another secret", code: .invalidCredentials, words: ["spec.s3.credentialsSecret"]) {
            $0.credentials.secretAccessKey = canary
        },
        Case(name: "an unknown key", code: .invalidCredentials, words: ["spec.s3.credentialsSecret"]) {
            $0.credentials.accessKeyID = "nobody"
            $0.credentials.secretAccessKey = canary
        },
        Case(name: "an unknown bucket", code: .noSuchBucket, words: ["no-such-bucket", "spec.s3.bucket"]) {
            $0.bucket = "no-such-bucket"
        },
        Case(name: "another authority", code: .untrusted, words: ["spec.s3.caSecret"]) {
            $0.certificateAuthorities = Array(
                try CertificateAuthority.create(commonName: "other", validFor: .seconds(600)).certificatePEM.utf8)
        },
        Case(name: "the system's authorities", code: .untrusted, words: ["spec.s3.caSecret"]) {
            $0.certificateAuthorities = nil
        },
        Case(name: "an authority that is none", code: .untrusted, words: ["spec.s3.caSecret"]) {
            $0.certificateAuthorities = Array("not a certificate".utf8)
        },
        Case(name: "a host that is not in the certificate", code: .untrusted, words: ["spec.s3.endpoint"]) {
            $0.endpoint = $0.endpoint.replacing("localhost", with: "other.localhost")
        },
        Case(name: "a port where nobody listens", code: .unreachable, words: ["spec.s3.endpoint"], isRetriable: true) {
            $0.endpoint = "https://localhost:1"
        },
        Case(name: "a name without an address", code: .unreachable, words: ["spec.s3.endpoint"], isRetriable: true) {
            $0.endpoint = "https://s3.invalid"
        },
        Case(name: "not a URL", code: .other, words: ["spec.s3.endpoint"]) { $0.endpoint = "s3.example.com" },
    ]

    @Test("A wrong configuration is told by its field, in every call", arguments: cases)
    func configuration(_ example: Case) async throws {
        var configuration = try await TemporaryS3.shared().configuration()
        try example.change(&configuration)
        let store = S3Store(configuration, prefix: freshPrefix(), pace: 0.02)
        let calls: [(String, () async throws -> Void)] = [
            ("head", { _ = try await store.head("k") }),
            ("get", { _ = try await store.get("k", range: nil, ifMatch: nil) }),
            ("put", { _ = try await store.put("k", [1], .ifAbsent) }),
            ("list", { _ = try await store.list("") }),
            ("upload", { _ = try await store.upload("k") { try await $0.write([1]) } }),
        ]
        for (name, call) in calls {
            // SeaweedFS makes a bucket for whoever writes into it.
            if example.code == .noSuchBucket, name == "put" || name == "upload" { continue }
            let error = await storeError(call)
            let text = error.map { "\($0)" } ?? ""
            #expect(error?.code == example.code, "\(name): \(text)")
            #expect(error?.isRetriable == example.isRetriable, "\(name): \(text)")
            for word in example.words { #expect(text.contains(word), "\(name): \(text)") }
            for secret in [Self.canary, TemporaryS3.secretAccessKey, "Signature=", "AWS4-HMAC"] {
                #expect(!text.contains(secret), "\(name): \(text)")
            }
        }
        await store.shutdown()
    }
}
