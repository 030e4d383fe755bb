import Testing

@testable import BackupArchive

@Suite struct LayoutTests {
    @Test("Keys are escaped names below their folder")
    func keys() {
        #expect(BucketLayout.manifest(namespace: "ns", policy: "../p", backup: "b") == "catalog/ns/%2E.%2Fp/b.json")
        #expect(BucketLayout.ledger(namespace: "ns", plan: "p", token: "a/b c") == "ledger/ns/p/a%2Fb%20c.json")
        #expect(
            BucketLayout.artifact(
                namespace: "ns", policy: "p", backup: "b", attempt: "01", name: "database.dump.zst.age")
                == "data/ns/p/b/01/database.dump.zst.age")
    }
}
