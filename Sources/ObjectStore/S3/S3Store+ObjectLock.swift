import Foundation
import HTTPTransport

extension S3Store {
    /// Locks an object for some seconds and tries to delete it. What stays is removed by the next probe.
    public func objectLock() async throws -> Bool? {
        let reply = try await client.send("GET", nil, query: [("object-lock", "")], accept: [400, 403, 404, 405, 501])
        guard reply.status == 200, XMLTree.parse(reply.body)?["ObjectLockEnabled"]?.text == "Enabled" else { return nil }
        let key = try full("probe/lock")
        try await removeVersions(key)
        let until = Date().addingTimeInterval(20).formatted(.iso8601)
        let put = try await client.send(
            "PUT", key, headers: [("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", until)],
            body: Array("dr".utf8), accept: [400, 403])
        guard put.status < 300, let version = put.headers["x-amz-version-id"] else { return false }
        let deletion = try await client.send("DELETE", key, query: [("versionId", version)], accept: [400, 403, 404, 409])
        let stays = try await client.send("HEAD", key, query: [("versionId", version)], accept: [404])
        return deletion.status >= 300 && stays.status == 200
    }

    /// Those that are no longer locked.
    private func removeVersions(_ key: String) async throws {
        let document = try await client.document("ListVersionsResult", [("versions", ""), ("prefix", key)], key)
        for item in document.all("Version") + document.all("DeleteMarker") where item["Key"]?.text == key {
            guard let version = item["VersionId"]?.text else { continue }
            _ = try await client.send("DELETE", key, query: [("versionId", version)], accept: [400, 403, 404, 409])
        }
    }
}
