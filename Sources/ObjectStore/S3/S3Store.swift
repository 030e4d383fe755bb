import Cryptography
import Foundation
import HTTPTransport

/// An S3-compatible bucket.
public final class S3Store: ObjectStore {
    let client: S3Client
    /// Put before every key; empty or with a slash at its end.
    let prefix: String

    public convenience init(_ configuration: S3Configuration, prefix: String = "") {
        self.init(configuration, prefix: prefix, pace: 1)
    }

    /// - Parameters:
    ///   - pace: scales the waits before repetitions.
    ///   - silence: how long the store may keep quiet in the middle of an exchange.
    init(_ configuration: S3Configuration, prefix: String, pace: Double, silence: Duration = .seconds(60)) {
        client = S3Client(configuration, pace: pace, silence: silence)
        self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
    }

    /// Ends what is under way. Before letting the store go.
    public func shutdown() async { await client.shutdown() }

    func full(_ key: String) throws -> String {
        try ObjectPath.check(key)
        return prefix + key
    }

    public func head(_ key: String) async throws -> ObjectInfo? {
        let reply = try await client.send("HEAD", full(key), accept: [400, 401, 403, 404])
        guard reply.status != 200 else { return ObjectInfo(reply, key: key) }
        // HEAD has no body to tell a missing object from a missing bucket, or why it was refused.
        _ = try await client.send("GET", nil, query: [("list-type", "2"), ("max-keys", "1"), ("prefix", prefix)])
        guard reply.status == 404 else { throw client.failure(reply, key).error }
        return nil
    }

    public func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        if let range, range.isEmpty { return [] }
        if let range, range.count > ObjectLimits.small {
            throw ObjectStoreError(.unsupported, "has \(range.count) bytes, too many for one piece", key: key)
        }
        var headers: [(String, String)] = []
        if let range { headers.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")) }
        if let etag { headers.append(("if-match", etag)) }
        if range == nil, client.sendsChecksums { headers.append(("x-amz-checksum-mode", "ENABLED")) }
        do {
            let reply = try await client.send(
                "GET", full(key), headers: headers,
                // Room for what the store says when it refuses.
                limit: max(range?.count ?? Int(ObjectLimits.small), 64 << 10), accept: [416], patience: .long)
            // A range that begins where the object ends.
            if reply.status == 416 { return [] }
            guard reply.body.count <= range?.count ?? .max else {
                throw ObjectStoreError(.corrupt, "the store gave more than the range it was asked for", key: key)
            }
            // That of an object that came in parts is one of their checksums, and ends in their number.
            if range == nil, let checksum = reply.headers["x-amz-checksum-sha256"], !checksum.contains("-"),
                checksum != Data(SHA256.hash(reply.body)).base64EncodedString()
            {
                throw ObjectStoreError(
                    .corrupt, "the bytes have another checksum than the store tells", key: key, isRetriable: true)
            }
            return reply.body
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            throw ObjectStoreError(.corrupt, "the object changed while it was read", key: key)
        }
    }

    public func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        let mark = try SecureRandom.hexString(byteCount: 16)
        var headers = [(Self.mark, mark)]
        var accept: Set<Int> = []
        switch condition {
        case .none: headers = []
        case .ifAbsent:
            headers.append(("if-none-match", "*"))
            accept = [412]
        case .ifMatch(let etag):
            headers.append(("if-match", etag))
            accept = [404, 412]
        }
        headers += lockHeaders(key)
        let reply = try await client.send("PUT", full(key), headers: headers, body: bytes, accept: accept)
        if reply.status < 300 {
            return ObjectInfo(key: key, size: Int64(bytes.count), etag: reply.headers["ETag"] ?? "", modified: Date())
        }
        let refusal = client.failure(reply, key).error
        guard reply.status == 412 || refusal.code == .notFound else { throw refusal }
        // The request may have been sent twice, the first time with success and an answer that was lost.
        let there = try await client.send("HEAD", full(key), accept: [404])
        if there.status == 200, there.headers[Self.mark] == mark { return ObjectInfo(there, key: key) }
        throw ObjectStoreError(.preconditionFailed, "the object is there already, or has changed", key: key)
    }

    /// Tells a writer its own object. Two writers of the same bytes are still two.
    private static let mark = "x-amz-meta-dr-write"

    public func delete(_ key: String) async throws {
        let reply = try await client.send("DELETE", full(key), accept: [404])
        guard reply.status == 404, client.failure(reply, key).error.code != .notFound else { return }
        throw client.failure(reply, key).error
    }

    public func beginUpload(_ key: String) async throws -> any ObjectUpload {
        S3Upload(of: self, key: try full(key), shortKey: key, headers: lockHeaders(key))
    }
}

extension ObjectInfo {
    /// What the headers of an answer about one object say.
    init(_ reply: S3Client.Reply, key: String) {
        self.init(
            key: key, size: reply.headers["Content-Length"].flatMap { Int64($0) } ?? 0,
            etag: reply.headers["ETag"] ?? "",
            modified: reply.headers["Last-Modified"].flatMap(S3Dates.http) ?? Date(timeIntervalSince1970: 0))
    }
}
