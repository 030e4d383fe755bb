import ObjectStore
import Testing

@testable import RecoveryEngine

@Suite("The cache of stores")
struct StoreCacheTests {
    private static func configuration(_ token: Int) -> S3Configuration {
        S3Configuration(
            endpoint: "http://127.0.0.1:1", bucket: "b", region: "r", pathStyle: true,
            credentials: S3Configuration.Credentials(accessKeyID: "a", secretAccessKey: "s", sessionToken: "\(token)"),
            certificateAuthorities: nil, objectLock: nil)
    }

    @Test("keeps the last few that nobody works with, and all that somebody does")
    func bounded() async {
        let cache = StoreCache(keeping: 3)
        let held = await cache.s3(Self.configuration(0), prefix: "")
        for token in 1...20 { _ = await cache.s3(Self.configuration(token), prefix: "") }
        #expect(await cache.count == 3)
        // The same client: its connections are kept.
        let again = await cache.s3(Self.configuration(0), prefix: "")
        #expect(held as AnyObject === again as AnyObject)
        await cache.shutdown()
        #expect(await cache.count == 0)
    }
}
