import Foundation

extension S3Store {
    public func requireContainer() async throws {
        let reply = try await client.send("HEAD", nil, accept: [404])
        guard reply.status != 404 else { throw client.noSuchBucket }
    }

    public func list(_ prefix: String) async throws -> [ObjectInfo] {
        var result: [ObjectInfo] = []
        var token: String?
        repeat {
            var query = [
                ("list-type", "2"), ("prefix", self.prefix + prefix), ("max-keys", "1000"), ("encoding-type", "url"),
            ]
            if let token { query.append(("continuation-token", token)) }
            let document = try await client.document("ListBucketResult", query, prefix)
            let isEncoded = document["EncodingType"]?.text == "url"
            for item in document.all("Contents") {
                guard let text = item["Key"]?.text, let key = shortened(isEncoded ? Self.decode(text) : text) else {
                    continue
                }
                result.append(
                    ObjectInfo(
                        key: key, size: Int64(item["Size"]?.text ?? "") ?? 0, etag: item["ETag"]?.text ?? "",
                        modified: item["LastModified"].flatMap { S3Dates.iso($0.text) }
                            ?? Date(timeIntervalSince1970: 0)))
            }
            let isTruncated = document["IsTruncated"]?.text == "true"
            let next = isTruncated ? document["NextContinuationToken"]?.text : nil
            // A list that is cut short would make what it leaves out look deleted.
            guard isTruncated == (next != nil), next == nil || next != token else {
                throw ObjectStoreError(.other, "the store's list does not come to its end", key: prefix)
            }
            token = next
        } while token != nil
        return result.sorted { $0.precedes($1) }
    }

    public func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] {
        try await client.uploads(self.prefix + prefix).compactMap { upload in
            shortened(upload.key).map { AbandonedUpload(key: $0, id: upload.id, begun: upload.begun) }
        }.sorted { $0.begun < $1.begun }
    }

    public func abort(_ upload: AbandonedUpload) async throws {
        _ = try await client.send("DELETE", full(upload.key), query: [("uploadId", upload.id)], accept: [404])
    }

    /// Without the store's prefix; nil for another's key, and for the mark of a folder that some tools leave.
    private func shortened(_ key: String) -> String? {
        guard key.utf8.starts(with: prefix.utf8), !key.hasSuffix("/") else { return nil }
        return String(decoding: key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }

    /// As forms are encoded: a plus sign is a space.
    static func decode(_ text: String) -> String {
        text.replacing("+", with: " ").removingPercentEncoding ?? text
    }
}

extension S3Client {
    /// What a GET of the bucket answers.
    func document(
        _ name: String, _ query: [(String, String)], _ prefix: String, patience: Patience = .usual
    ) async throws -> XMLTree {
        let reply = try await send("GET", nil, query: query, patience: patience)
        guard let document = XMLTree.parse(reply.body), document.name == name else {
            throw ObjectStoreError(.other, "the store's answer is no \(name)", key: prefix)
        }
        return document
    }

    /// Unfinished uploads below a prefix, with their whole keys.
    func uploads(_ prefix: String, patience: Patience = .usual) async throws -> [AbandonedUpload] {
        var result: [AbandonedUpload] = []
        var marker: (String, String)?
        repeat {
            var query = [("uploads", ""), ("prefix", prefix), ("max-uploads", "1000"), ("encoding-type", "url")]
            if let marker { query += [("key-marker", marker.0), ("upload-id-marker", marker.1)] }
            let document = try await document("ListMultipartUploadsResult", query, prefix, patience: patience)
            let isEncoded = document["EncodingType"]?.text == "url"
            func plain(_ text: String) -> String { isEncoded ? S3Store.decode(text) : text }
            for item in document.all("Upload") {
                guard let key = item["Key"]?.text, let id = item["UploadId"]?.text else { continue }
                result.append(
                    AbandonedUpload(
                        key: plain(key), id: id,
                        begun: item["Initiated"].flatMap { S3Dates.iso($0.text) } ?? Date(timeIntervalSince1970: 0)))
            }
            // SeaweedFS goes on by the upload alone, and names no key.
            let next = (plain(document["NextKeyMarker"]?.text ?? ""), document["NextUploadIdMarker"]?.text ?? "")
            guard document["IsTruncated"]?.text == "true", next != ("", ""), marker.map({ $0 != next }) ?? true else {
                break
            }
            marker = next
        } while true
        return result
    }
}
