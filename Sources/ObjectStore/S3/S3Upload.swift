import Foundation
import HTTPTransport
import Synchronization

/// A multipart upload. One that turns out to be a single part is a plain put, and nothing was begun.
final class S3Upload: ObjectUpload {
    private struct State {
        var id: String?
        var tags: [Int: String] = [:]
        var bytes: Int64 = 0
        /// The first part is held until a second comes.
        var first: [UInt8]?
    }

    private let client: S3Client
    private let key: String
    private let shortKey: String
    private let state = Mutex(State())
    private let creation: Creation

    /// Parts arrive from several tasks: the upload is created by the first that needs it.
    private actor Creation {
        private var id: String?
        private var isCreating = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func id(_ create: () async throws -> String) async throws -> String {
            while isCreating { await withCheckedContinuation { waiting.append($0) } }
            if let id { return id }
            isCreating = true
            defer {
                isCreating = false
                for continuation in waiting { continuation.resume() }
                waiting = []
            }
            let new = try await create()
            id = new
            return new
        }

        var known: String? { id }
    }

    init(client: S3Client, key: String, shortKey: String) throws {
        self.client = client
        self.key = key
        self.shortKey = shortKey
        creation = Creation()
    }

    func write(part number: Int, _ bytes: [UInt8]) async throws {
        state.withLock { $0.bytes += Int64(bytes.count) }
        if number == 1 {
            state.withLock { $0.first = bytes }
            return
        }
        if let first = state.withLock({ state in
            defer { state.first = nil }
            return state.first
        }) {
            try await send(1, first)
        }
        try await send(number, bytes)
    }

    private func send(_ number: Int, _ bytes: [UInt8]) async throws {
        let id = try await creation.id { [client, key] in
            let reply = try await client.send("POST", key, query: [("uploads", "")])
            guard let id = XMLTree.parse(reply.body)?["UploadId"]?.text, !id.isEmpty else {
                throw ObjectStoreError(.other, "the store did not begin the upload", key: key)
            }
            return id
        }
        let reply = try await client.send(
            "PUT", key, query: [("partNumber", String(number)), ("uploadId", id)], body: bytes)
        guard let tag = reply.headers["ETag"] else {
            throw ObjectStoreError(.other, "the store did not acknowledge part \(number)", key: shortKey)
        }
        state.withLock { $0.tags[number] = tag }
    }

    func finish() async throws -> ObjectInfo {
        let (first, tags, bytes) = state.withLock { ($0.first, $0.tags, $0.bytes) }
        if let first {
            let reply = try await client.send("PUT", key, body: first)
            return ObjectInfo(key: shortKey, size: bytes, etag: reply.headers["ETag"] ?? "", modified: Date())
        }
        guard let id = await creation.known else {
            throw ObjectStoreError(.other, "an upload without a part cannot be finished", key: shortKey)
        }
        let parts = tags.sorted { $0.key < $1.key }.map { number, tag in
            "<Part><PartNumber>\(number)</PartNumber><ETag>\(tag.replacing("\"", with: "&quot;"))</ETag></Part>"
        }
        let document = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
        let reply = try await client.send(
            "POST", key, query: [("uploadId", id)], body: Array(document.utf8), accept: [404])
        // The answer to a first completion may have been lost: the upload is gone then and the object is there.
        // S3 also answers 200 with an Error document when the completion failed after the headers were sent.
        let answer = XMLTree.parse(reply.body)
        if reply.status == 404 || answer?.name == "Error" {
            let head = try await client.send("HEAD", key, accept: [404])
            guard reply.attempts > 1, head.status == 200, head.headers["Content-Length"] == String(bytes) else {
                throw ObjectStoreError(.other, "the upload was not completed: \(answer?["Code"]?.text ?? "it is gone")", key: shortKey)
            }
        }
        return ObjectInfo(key: shortKey, size: bytes, etag: answer?["ETag"]?.text ?? "", modified: Date())
    }

    func abort() async {
        guard let id = await creation.known else { return }
        // Best effort: what stays is found by abandonedUploads and cleaned later. Not cancelled with the task that failed.
        await Task { [client, key] in _ = try? await client.send("DELETE", key, query: [("uploadId", id)], accept: [404]) }.value
    }
}
