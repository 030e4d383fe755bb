import Cryptography
import Foundation
import ObjectStore
import Testing

@testable import BackupArchive

@Suite struct FormatTests {
    @Test("The first writer leaves the version of the layout, readers leave nothing", arguments: Place.allCases)
    func firstUse(_ place: Place) async throws {
        try await place.with { store async throws in
            #expect(try await BucketFormat.check(store) == false)
            _ = try await Catalogue(store).list()
            #expect(try await store.list("") == [])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await BucketFormat.establish(store) } }
                try await group.waitForAll()
            }
            let document = try JSONDecoder().decode(
                BucketFormat.Document.self, from: Data(try await store.get("format.json", range: nil, ifMatch: nil)))
            #expect(document.format == BucketFormat.current)
            #expect(try await BucketFormat.check(store))
        }
    }

    @Test(
        "A layout of a newer release is refused by everything that reads or writes",
        arguments: [(#"{"format": 2}"#, ArchiveError.Code.unknownFormat), ("{}", .corrupt), ("", .corrupt)])
    func newer(_ text: String, _ code: ArchiveError.Code) async throws {
        try await withFolderStore { store, _ async throws in
            _ = try await store.put(BucketLayout.format, Array(text.utf8), .none)
            let entry = LedgerTests.entry("uid")
            let recipient = try AgeIdentity.generate().recipient
            let calls: [() async throws -> Void] = [
                { _ = try await Catalogue(store).list() },
                { _ = try await Catalogue(store).add(CatalogueTests.manifest()) },
                { _ = try await Catalogue(store).manifest(namespace: "ns", policy: "p", backup: "b") },
                { _ = try await Ledger(store).begin(entry) },
                { _ = try await Ledger(store).resume(entry) },
                { _ = try await Ledger(store).entry(namespace: "ns", plan: "p", token: "t") },
                { _ = try await StoreProbe.run(store) },
                {
                    _ = try await ArtifactWriter(store: store, recipients: [recipient]).write(to: "data/x") {
                        try await $0([1])
                    }
                },
            ]
            for call in calls {
                let error = await failure(ArchiveError.self, call)
                #expect(error?.code == code && error?.key == "format.json", "\(error.map { "\($0)" } ?? "")")
            }
            #expect(try await store.list("").map(\.key) == ["format.json"])
        }
    }
}
