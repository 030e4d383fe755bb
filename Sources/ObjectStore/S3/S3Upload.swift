import Foundation
import HTTPTransport
import Synchronization

/// A multipart upload. One that turns out to be a single part is a plain put, and nothing was begun.
final class S3Upload: ObjectUpload {
    private enum First {
        /// Neither the first part nor another has come.
        case awaited
        /// It waits: if no other comes, it is the whole object.
        case held([UInt8])
        /// There are others, or it was sent: nothing waits.
        case passed
    }

    private struct Part {
        var tag: String
        var checksum: String?
    }

    private struct State {
        var first = First.awaited
        var parts: [Int: Part] = [:]
        var bytes: Int64 = 0
    }

    /// Held until the upload is over: a store that nobody holds is shut down.
    private let store: S3Store
    private var client: S3Client { store.client }
    private let key: String
    private let shortKey: String
    /// Sent with whatever creates the object.
    private let headers: [(String, String)]
    private let state = Mutex(State())
    private let creation = UploadCreation()

    init(of store: S3Store, key: String, shortKey: String, headers: [(String, String)]) {
        self.headers = headers
        self.store = store
        self.key = key
        self.shortKey = shortKey
    }

    func write(part number: Int, _ bytes: [UInt8]) async throws {
        // Parts arrive in any order, so one lock decides both what this part does and what it does to the first.
        let ready = state.withLock { state -> [(Int, [UInt8])] in
            state.bytes += Int64(bytes.count)
            switch (number, state.first) {
            case (1, .awaited):
                state.first = .held(bytes)
                return []
            case (_, .held(let first)):
                state.first = .passed
                return [(1, first), (number, bytes)]
            default:
                state.first = .passed
                return [(number, bytes)]
            }
        }
        for (number, bytes) in ready { try await send(number, bytes) }
    }

    private func send(_ number: Int, _ bytes: [UInt8]) async throws {
        let id = try await creation.id { [client, key, shortKey, headers] in
            // Not cancelled with the task that needs it: the request may be on its way, and only its answer tells what is
            // to be removed then.
            try await Task {
                let headers = headers + (client.sendsChecksums ? [("x-amz-checksum-algorithm", "SHA256")] : [])
                let reply = try await client.send("POST", key, query: [("uploads", "")], headers: headers)
                guard let id = XMLTree.parse(reply.body)?["UploadId"]?.text, !id.isEmpty else {
                    throw ObjectStoreError(.other, "the store did not begin the upload", key: shortKey)
                }
                return id
            }.value
        }
        try Task.checkCancellation()
        let reply = try await client.send(
            "PUT", key, query: [("partNumber", String(number)), ("uploadId", id)], body: bytes, patience: .long)
        guard let tag = reply.headers["ETag"], !tag.isEmpty else {
            throw ObjectStoreError(.corrupt, "the store did not acknowledge part \(number)", key: shortKey)
        }
        let part = Part(tag: tag, checksum: reply.headers["x-amz-checksum-sha256"])
        state.withLock { $0.parts[number] = part }
    }

    func finish() async throws -> ObjectInfo {
        let (first, parts, bytes) = state.withLock { ($0.first, $0.parts, $0.bytes) }
        if case .held(let part) = first {
            _ = try await client.send("PUT", key, headers: headers, body: part, patience: .long)
        } else {
            guard let id = await creation.known else {
                throw ObjectStoreError(.other, "an upload without a part cannot be finished", key: shortKey)
            }
            if let missing = (1...max(1, parts.count)).first(where: { parts[$0] == nil }) {
                throw ObjectStoreError(.other, "part \(missing) is missing", key: shortKey)
            }
            try await complete(id, parts, bytes)
        }
        guard let info = try await stored(), info.size == bytes else {
            throw ObjectStoreError(
                .corrupt, "the store acknowledged an object of \(bytes) bytes and has another", key: shortKey)
        }
        if await creation.wasAsked { await removeUploads() }
        return info
    }

    private func complete(_ id: String, _ parts: [Int: Part], _ bytes: Int64) async throws {
        let list = parts.sorted { $0.key < $1.key }.map { number, part in
            let checksum = part.checksum.map { "<ChecksumSHA256>\(XMLText.escape($0))</ChecksumSHA256>" } ?? ""
            return "<Part><PartNumber>\(number)</PartNumber><ETag>\(XMLText.escape(part.tag))</ETag>\(checksum)</Part>"
        }
        let document = Array("<CompleteMultipartUpload>\(list.joined())</CompleteMultipartUpload>".utf8)
        var problem = ""
        // S3 may answer 200 with an Error document, when the completion failed after the headers were sent.
        for _ in 0..<3 {
            let reply = try await client.send(
                "POST", key, query: [("uploadId", id)], body: document, accept: [404], patience: .long)
            let answer = XMLTree.parse(reply.body)
            if reply.status == 200, answer?.name == "CompleteMultipartUploadResult" { return }
            // Gone, or no clear answer: it is complete if the object is there, as when the first answer was lost.
            if try await stored()?.size == bytes { return }
            problem = answer?["Code"]?.text ?? "it gave no clear answer"
            guard reply.status == 200, ["InternalError", "SlowDown", nil].contains(answer?["Code"]?.text) else { break }
        }
        throw ObjectStoreError(.other, "the store did not complete the upload: \(problem)", key: shortKey)
    }

    private func stored() async throws -> ObjectInfo? {
        let reply = try await client.send("HEAD", key, accept: [404], patience: .long)
        return reply.status == 404 ? nil : ObjectInfo(reply, key: shortKey)
    }

    func abort() async {
        guard await creation.wasAsked else { return }
        let id = await creation.known
        // Best effort: what stays is found by abandonedUploads and cleaned later. Done though the task was cancelled.
        await Task { [client, key] in
            if let id {
                _ = try? await client.send("DELETE", key, query: [("uploadId", id)], accept: [404], patience: .short)
            }
        }.value
        await removeUploads()
    }

    /// A request whose answer was lost may have begun an upload whose name we never heard. The key is ours alone.
    private func removeUploads() async {
        await Task { [client, key] in
            guard let all = try? await client.uploads(key, patience: .short) else { return }
            for upload in all where upload.key == key {
                _ = try? await client.send(
                    "DELETE", key, query: [("uploadId", upload.id)], accept: [404], patience: .short)
            }
        }.value
    }
}

/// Parts arrive from several tasks: the upload is created by the first that needs it.
private actor UploadCreation {
    private(set) var known: String?
    private(set) var wasAsked = false
    private var isCreating = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func id(_ create: () async throws -> String) async throws -> String {
        while isCreating { await withCheckedContinuation { waiting.append($0) } }
        if let known { return known }
        isCreating = true
        wasAsked = true
        defer {
            isCreating = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        let new = try await create()
        known = new
        return new
    }
}
