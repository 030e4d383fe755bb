import Foundation
import HTTPTransport

/// An S3-compatible bucket.
public final class S3Store: ObjectStore {
    let client: S3Client
    /// Put before every key; empty or with a slash at its end.
    let prefix: String

    public init(_ configuration: S3Configuration, prefix: String = "") {
        client = S3Client(configuration)
        self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
    }

    /// Ends what is under way. Before letting the store go.
    public func shutdown() async { await client.shutdown() }

    private func full(_ key: String) throws -> String {
        try ObjectPath.check(key)
        return prefix + key
    }

    public func head(_ key: String) async throws -> ObjectInfo? {
        let reply = try await client.send("HEAD", full(key), accept: [404])
        if reply.status == 404 {
            // HEAD has no body to tell a missing object from a missing bucket.
            _ = try await client.send("GET", nil, query: [("list-type", "2"), ("max-keys", "1"), ("prefix", prefix)])
            return nil
        }
        return ObjectInfo(
            key: key, size: reply.headers["Content-Length"].flatMap { Int64($0) } ?? 0, etag: reply.headers["ETag"] ?? "",
            modified: reply.headers["Last-Modified"].flatMap(S3Dates.http) ?? Date(timeIntervalSince1970: 0))
    }

    public func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        var headers: [(String, String)] = []
        if let range { headers.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")) }
        if let etag { headers.append(("if-match", etag)) }
        do {
            return try await client.send("GET", full(key), headers: headers, limit: Int(ObjectLimits.small)).body
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            throw ObjectStoreError(.corrupt, "the object changed while it was read", key: key)
        }
    }

    public func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        var headers: [(String, String)] = []
        switch condition {
        case .none: break
        case .ifAbsent: headers.append(("if-none-match", "*"))
        case .ifMatch(let etag): headers.append(("if-match", etag))
        }
        let reply = try await client.send("PUT", full(key), headers: headers, body: bytes, accept: [412, 409])
        if reply.status == 412 || reply.status == 409 {
            // The answer to an earlier attempt may have been lost after it had done its work: then what is there is ours.
            if reply.attempts > 1, condition != .none, let info = try await head(key), info.size == bytes.count,
                try await get(key, range: nil, ifMatch: nil) == bytes
            {
                return info
            }
            throw ObjectStoreError(.preconditionFailed, "the object is there already, or has changed", key: key)
        }
        return ObjectInfo(key: key, size: Int64(bytes.count), etag: reply.headers["ETag"] ?? "", modified: Date())
    }

    public func delete(_ key: String) async throws {
        _ = try await client.send("DELETE", full(key), accept: [404])
    }

    public func list(_ prefix: String) async throws -> [ObjectInfo] {
        var result: [ObjectInfo] = []
        var token: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", self.prefix + prefix), ("max-keys", "1000")]
            if let token { query.append(("continuation-token", token)) }
            let reply = try await client.send("GET", nil, query: query)
            guard let document = XMLTree.parse(reply.body), document.name == "ListBucketResult" else {
                throw ObjectStoreError(.other, "the store's list is not one", key: prefix)
            }
            for item in document.all("Contents") {
                guard let key = item["Key"]?.text, key.hasPrefix(self.prefix), !key.hasSuffix("/") else { continue }
                result.append(
                    ObjectInfo(
                        key: String(key.dropFirst(self.prefix.count)), size: Int64(item["Size"]?.text ?? "") ?? 0,
                        etag: item["ETag"]?.text ?? "",
                        modified: item["LastModified"].flatMap { S3Dates.iso($0.text) } ?? Date(timeIntervalSince1970: 0)))
            }
            token = document["IsTruncated"]?.text == "true" ? document["NextContinuationToken"]?.text : nil
        } while token != nil
        return result.sorted { $0.key < $1.key }
    }

    public func beginUpload(_ key: String) async throws -> any ObjectUpload {
        try S3Upload(client: client, key: full(key), shortKey: key)
    }

    public func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] {
        let reply = try await client.send("GET", nil, query: [("uploads", ""), ("prefix", self.prefix + prefix)])
        return (XMLTree.parse(reply.body)?.all("Upload") ?? []).compactMap { item in
            guard let key = item["Key"]?.text, key.hasPrefix(self.prefix), let id = item["UploadId"]?.text else { return nil }
            return AbandonedUpload(
                key: String(key.dropFirst(self.prefix.count)), id: id,
                begun: item["Initiated"].flatMap { S3Dates.iso($0.text) } ?? Date(timeIntervalSince1970: 0))
        }.sorted { $0.begun < $1.begun }
    }

    public func abort(_ upload: AbandonedUpload) async throws {
        _ = try await client.send("DELETE", full(upload.key), query: [("uploadId", upload.id)], accept: [404])
    }
}

enum S3Dates {
    static func iso(_ text: String) -> Date? {
        (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle()))
    }

    static func http(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text)
    }
}
