import Cryptography
import Foundation
import Testing

@testable import ObjectStore

/// The examples that AWS publishes: the Signature Version 4 test suite, and the S3 API reference ("Authenticating
/// Requests: Using the Authorization Header").
@Suite struct SignatureTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var method = "GET"
        var path = "/"
        var query: [(String, String)] = []
        var headers: [(String, String)] = []
        var body = ""
        var signature: String
        var testDescription: String { name }
    }

    static let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    static let suite = [
        Example(name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Example(
            name: "get-vanilla-query-order-key-case", query: [("Param2", "value2"), ("Param1", "value1")],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Example(
            name: "get-vanilla-query-unreserved", query: [(unreserved, unreserved)],
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
        Example(
            name: "get-header-value-trim", headers: [("my-header2", " \"a   b   c\" "), ("my-header1", " value1")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Example(
            name: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Example(
            name: "post-sts-header-before", method: "POST",
            headers: [
                (
                    "x-amz-security-token",
                    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
                )
            ], signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    ]

    @Test("Requests of the test suite get their published signatures", arguments: suite)
    func testSuite(_ example: Example) throws {
        let signer = SigV4(
            credentials: .init(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service")
        let date = try #require(S3Dates.iso("2015-08-30T12:36:00Z"))
        let text = signer.authorization(
            method: example.method, path: example.path, query: example.query,
            headers: [("host", "example.amazonaws.com"), ("x-amz-date", SigV4.timestamp(date))] + example.headers,
            payloadHash: SHA256.hexHash(example.body), date: date)
        #expect(text.hasSuffix("Signature=" + example.signature), "\(text)")
        #expect(text.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "))
    }

    static let s3 = [
        Example(
            name: "GET Object", path: "/test.txt", headers: [("range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            name: "PUT Object", method: "PUT", path: "/" + SigV4.escape("test$file.text", keepingSlashes: true),
            headers: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            body: "Welcome to Amazon S3.", signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        Example(
            name: "GET Bucket Lifecycle", query: [("lifecycle", "")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            name: "GET Bucket (List Objects)", query: [("prefix", "J"), ("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test("Requests of the S3 reference get their published signatures", arguments: s3)
    func s3Reference(_ example: Example) throws {
        let signer = SigV4(
            credentials: .init(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        let date = try #require(S3Dates.iso("2013-05-24T00:00:00Z"))
        let hash = SHA256.hexHash(example.body)
        let text = signer.authorization(
            method: example.method, path: example.path, query: example.query,
            headers: [
                ("host", "examplebucket.s3.amazonaws.com"), ("x-amz-date", SigV4.timestamp(date)),
                ("x-amz-content-sha256", hash),
            ] + example.headers, payloadHash: hash, date: date)
        #expect(text.hasSuffix("Signature=" + example.signature), "\(text)")
    }

    @Test(
        "The host is signed as it is sent: without the scheme's own port, and with the bucket where it is in the name",
        arguments: [
            ("https://s3.example.com:443", true, "s3.example.com", "/b"),
            ("https://s3.example.com/", true, "s3.example.com", "/b"),
            ("https://s3.example.com:9000", false, "b.s3.example.com:9000", ""),
            ("http://s3.example.com:80", false, "b.s3.example.com", ""),
            ("http://127.0.0.1:443", true, "127.0.0.1:443", "/b"),
        ])
    func host(_ endpoint: String, _ pathStyle: Bool, _ host: String, _ path: String) {
        let configuration = S3Configuration(
            endpoint: endpoint, bucket: "b", pathStyle: pathStyle,
            credentials: .init(accessKeyID: "a", secretAccessKey: "s"))
        #expect(configuration.host == host)
        #expect(configuration.pathPrefix == path)
    }

    @Test("Credentials that are printed or dumped show no secret")
    func printing() {
        let credentials = S3Configuration.Credentials(
            accessKeyID: "AKID", secretAccessKey: "canary-secret", sessionToken: "canary-token")
        let configuration = S3Configuration(endpoint: "https://h", bucket: "b", credentials: credentials)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(credentials)"] {
            #expect(!text.contains("canary"), "\(text)")
        }
    }
}
