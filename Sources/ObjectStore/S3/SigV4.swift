import Cryptography
import Foundation

/// AWS Signature Version 4, as the public specification describes it.
struct SigV4 {
    var credentials: S3Configuration.Credentials
    var region: String
    var service = "s3"

    /// - Parameters:
    ///   - path: already escaped.
    ///   - query: names and values, not escaped.
    ///   - headers: those to sign; `host` must be among them. Names in lowercase.
    /// - Returns: the value of `Authorization`.
    func authorization(
        method: String, path: String, query: [(String, String)], headers: [(String, String)], payloadHash: String,
        date: Date
    ) -> String {
        let stamp = Self.timestamp(date)
        let scope = "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
        let sorted = headers.sorted { $0.0 < $1.0 }
        let names = sorted.map(\.0).joined(separator: ";")
        let canonical = [
            method, path, Self.canonicalQuery(query),
            sorted.map { "\($0.0):\(Self.trim($0.1))\n" }.joined(), names, payloadHash,
        ].joined(separator: "\n")
        let toSign = ["AWS4-HMAC-SHA256", stamp, scope, SHA256.hexHash(canonical)].joined(separator: "\n")
        var key = HMACSHA256.authenticationCode(
            for: String(stamp.prefix(8)), key: Array("AWS4\(credentials.secretAccessKey)".utf8))
        for part in [region, service, "aws4_request"] { key = HMACSHA256.authenticationCode(for: part, key: key) }
        let signature = HMACSHA256.authenticationCode(for: toSign, key: key).hexString
        return
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    static func canonicalQuery(_ query: [(String, String)]) -> String {
        query.map { (escape($0.0), escape($0.1)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// `20261123T100000Z`.
    static func timestamp(_ date: Date) -> String {
        date.formatted(
            Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZoneSeparator: .omitted))
    }

    private static func trim(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    /// Everything but RFC 3986's unreserved characters; `/` too, unless it separates a path.
    static func escape(_ text: String, keepingSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepingSlashes: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
