public import Foundation
import HTTPTransport

extension S3Store {
    /// Locks an object for some seconds and tries to delete it. What stays is removed by the next probe.
    public func objectLock() async throws -> Bool? {
        let reply = try await client.send("GET", nil, query: [("object-lock", "")], accept: [400, 403, 404, 405, 501])
        guard reply.status == 200, XMLTree.parse(reply.body)?["ObjectLockEnabled"]?.text == "Enabled" else {
            return nil
        }
        let key = try full("probe/lock")
        try await removeVersions(key)
        let until = Date().addingTimeInterval(20).formatted(.iso8601)
        let put = try await client.send(
            "PUT", key,
            headers: [("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", until)],
            body: Array("dr".utf8), accept: [400, 403])
        guard put.status < 300, let version = put.headers["x-amz-version-id"] else { return false }
        let deletion = try await client.send(
            "DELETE", key, query: [("versionId", version)], accept: [400, 403, 404, 409])
        let stays = try await client.send("HEAD", key, query: [("versionId", version)], accept: [404])
        return deletion.status >= 300 && stays.status == 200
    }

    /// Those that are no longer locked.
    private func removeVersions(_ key: String) async throws {
        for version in try await versions(key) {
            _ = try await client.send("DELETE", key, query: [("versionId", version)], accept: [400, 403, 404, 409])
        }
    }

    /// A key's own versions come before those of longer keys: the first page has them.
    private func versions(_ key: String) async throws -> [String] {
        let document = try await client.document("ListVersionsResult", [("versions", ""), ("prefix", key)], key)
        return (document.all("Version") + document.all("DeleteMarker")).filter { $0["Key"]?.text == key }
            .compactMap { $0["VersionId"]?.text }
    }

    // MARK: Locks of single objects

    /// Sent with the bytes and not after them: there is no moment without the lock.
    func lockHeaders(_ key: String) -> [(String, String)] {
        guard let lock = client.configuration.objectLock, lock.prefixes.contains(where: key.hasPrefix) else {
            return []
        }
        let until = Date().addingTimeInterval(lock.retain).formatted(.iso8601)
        return [("x-amz-object-lock-mode", lock.mode.rawValue), ("x-amz-object-lock-retain-until-date", until)]
    }

    public func lockedUntil(_ key: String) async throws -> Date? {
        let reply = try await client.send("HEAD", full(key), accept: [404])
        guard reply.status == 200 else { return nil }
        if reply.headers["x-amz-object-lock-legal-hold"] == "ON" { return .distantFuture }
        guard let text = reply.headers["x-amz-object-lock-retain-until-date"] else { return nil }
        // A date that cannot be read is no leave to delete.
        guard let until = S3Dates.iso(text) else { return .distantFuture }
        return until > Date() ? until : nil
    }

    public func renewLock(_ key: String) async throws {
        guard let lock = client.configuration.objectLock, lock.prefixes.contains(where: key.hasPrefix) else { return }
        let until = Date().addingTimeInterval(lock.retain)
        if let old = try await lockedUntil(key), old >= until { return }
        let document =
            "<Retention><Mode>\(lock.mode.rawValue)</Mode><RetainUntilDate>\(until.formatted(.iso8601))</RetainUntilDate></Retention>"
        _ = try await client.send("PUT", full(key), query: [("retention", "")], body: Array(document.utf8))
    }

    /// Where the bucket keeps versions for other reasons than our locks they are its lifecycle's to remove.
    public func erase(_ key: String) async throws {
        guard client.configuration.objectLock != nil else { return try await delete(key) }
        let name = try full(key)
        for version in try await versions(name) {
            let reply = try await client.send(
                "DELETE", name, query: [("versionId", version)], accept: [400, 403, 404, 409])
            guard [400, 403, 409].contains(reply.status) else { continue }
            throw ObjectStoreError(
                .accessDenied, "a version of it is locked or may not be deleted (\(reply.status))", key: key)
        }
    }
}
