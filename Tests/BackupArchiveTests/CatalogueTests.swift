import Foundation
import ObjectStore
import Testing

@testable import BackupArchive

@Suite struct CatalogueTests {
    static func manifest(
        _ namespace: String = "ns", _ policy: String = "p", _ backup: String = "b", at seconds: TimeInterval = 0
    ) -> Manifest {
        Manifest(
            namespace: namespace, policy: policy, backup: backup, kind: "postgresql", source: "postgresql/db",
            artifacts: [
                NamedArtifact(
                    name: "x", backup: backup, storedAt: someDate,
                    object: ArtifactInfo(key: "data/x", bytes: 5, plainBytes: 9, sha256: "00"))
            ],
            record: BackupRecord(
                recoveryPoint: someDate + seconds, serverVersion: "15", toolVersion: "15", counts: ["rows": 2],
                fingerprint: "{\"ä\": 1}"), startedAt: someDate, finishedAt: someDate, writer: "test")
    }

    @Test("A manifest is read back as it was written", arguments: Place.allCases)
    func roundTrip(_ place: Place) async throws {
        try await place.with { store async throws in
            let catalogue = Catalogue(store)
            #expect(try await catalogue.manifest(namespace: "ns", policy: "p", backup: "b") == nil)
            #expect(try await catalogue.add(Self.manifest()) == Self.manifest())
            #expect(try await catalogue.manifest(namespace: "ns", policy: "p", backup: "b") == Self.manifest())
        }
    }

    @Test("A second manifest of one backup changes nothing, and the first is given back", arguments: Place.allCases)
    func once(_ place: Place) async throws {
        try await place.with { store async throws in
            let catalogue = Catalogue(store)
            _ = try await catalogue.add(Self.manifest())
            var late = Self.manifest()
            late.artifacts[0].object.key = "data/late"
            #expect(try await catalogue.add(late) == Self.manifest())
            #expect(try await catalogue.list().manifests == [Self.manifest()])
        }
    }

    @Test("The list has the manifests of what it is asked for, the newest recovery point last")
    func list() async throws {
        try await withFolderStore { store, _ async throws in
            let catalogue = Catalogue(store)
            let all = [
                Self.manifest("ns", "p", "late", at: 30), Self.manifest("ns", "p", "early", at: 10),
                Self.manifest("ns", "p2", "middle", at: 20), Self.manifest("n", "p", "other", at: 25),
                Self.manifest("ns", "../p", "odd/name", at: 40),
            ]
            for manifest in all { _ = try await catalogue.add(manifest) }
            #expect(
                try await catalogue.list().manifests.map(\.backup) == ["early", "middle", "other", "late", "odd/name"])
            #expect(
                try await catalogue.list(namespace: "ns").manifests.map(\.backup) == [
                    "early", "middle", "late", "odd/name",
                ])
            #expect(
                try await catalogue.list(namespace: "ns", policy: "p").manifests.map(\.backup) == ["early", "late"])
            #expect(try await catalogue.list(namespace: "ns", policy: "../p").manifests.map(\.backup) == ["odd/name"])
            #expect(try await catalogue.list(namespace: "no").manifests == [])
        }
    }

    @Test("What cannot be read is told beside what can")
    func damaged() async throws {
        try await withFolderStore { store, _ async throws in
            let catalogue = Catalogue(store)
            _ = try await catalogue.add(Self.manifest())
            let newer = #"{"version": 2, "surprise": true}"#
            for (name, text) in [
                ("a-garbage", "{"), ("b-empty", ""), ("c-newer", newer), ("d-part", #"{"version": 1}"#),
            ] {
                _ = try await store.put("catalog/ns/p/\(name).json", Array(text.utf8), .none)
            }
            let (manifests, damaged) = try await catalogue.list()
            #expect(manifests == [Self.manifest()])
            #expect(
                damaged.map(\.key) == ["a-garbage", "b-empty", "c-newer", "d-part"].map { "catalog/ns/p/\($0).json" })
            #expect(damaged.contains { $0.message.contains("version 2") })
            let error = await failure(ArchiveError.self) {
                _ = try await catalogue.manifest(namespace: "ns", policy: "p", backup: "c-newer")
            }
            #expect(error?.code == .unknownFormat)
        }
    }
}
