/// For the servers that tests start: the product never creates a bucket.
extension S3Store {
    package func createBucketForTests(locking: Bool = false) async throws {
        let headers = locking ? [("x-amz-bucket-object-lock-enabled", "true")] : []
        _ = try await client.send("PUT", nil, headers: headers, patience: .long)
        await shutdown()
    }

    /// Whether the server takes signed requests. A missing bucket is an answer, too.
    package func answersForTests() async throws -> Bool {
        let reply = try await client.send(
            "GET", nil, query: [("list-type", "2"), ("max-keys", "1")], accept: [404], patience: .once)
        return reply.status == 200 || reply.status == 404
    }
}
