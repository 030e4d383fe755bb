import Foundation
import ObjectStore
import Testing

@testable import BackupArchive

@Suite struct ProofTests {
    private func proof(_ backup: String, _ verdict: Proof.Verdict = .proven, policy: String = "p", after seconds: TimeInterval = 0) -> Proof {
        Proof(
            of: CatalogueTests.manifest("ns", policy, backup), verdict: verdict, checks: [.init("refs", "all 2 refs are there")],
            failure: verdict == .broken ? .init("corrupt", "a byte is another") : nil, requested: "t", startedAt: someDate + seconds,
            finishedAt: someDate + seconds + 5, verifier: "test")
    }

    @Test("A proof is read back as it was written; the last one of a backup counts", arguments: Place.allCases)
    func roundTrip(_ place: Place) async throws {
        try await place.with { store async throws in
            let proofs = Proofs(store)
            #expect(try await proofs.verified(namespace: "ns", policy: "p") == [])
            #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: "a") == nil)
            try await proofs.write(proof("a"))
            try await proofs.write(proof("b", .broken, after: 1))
            try await proofs.write(proof("odd/name", after: 2))
            try await proofs.write(proof("c", policy: "../p"))
            #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: "a") == proof("a"))
            #expect(proof("a").seconds == 5)
            #expect(try await proofs.list(namespace: "ns", policy: "p").map(\.backup) == ["a", "b", "odd/name"])
            #expect(try await proofs.verified(namespace: "ns", policy: "p") == ["a", "odd/name"])
            try await proofs.write(proof("a", .broken, after: 9))
            #expect(try await proofs.verified(namespace: "ns", policy: "p") == ["odd/name"])
            try await proofs.remove(namespace: "ns", policy: "p", backup: "odd/name")
            try await proofs.remove(namespace: "ns", policy: "p", backup: "odd/name")
            #expect(try await proofs.verified(namespace: "ns", policy: "p") == [])
        }
    }

    @Test("What is not a proof of this backup proves nothing")
    func damaged() async throws {
        try await withFolderStore { store, _ async throws in
            let proofs = Proofs(store)
            try await proofs.write(proof("a"))
            let good = try await store.get(BucketLayout.proof(namespace: "ns", policy: "p", backup: "a"), range: nil, ifMatch: nil)
            func put(_ backup: String, _ bytes: [UInt8]) async throws {
                _ = try await store.put(BucketLayout.proof(namespace: "ns", policy: "p", backup: backup), bytes, .none)
            }
            try await put("cut", Array(good.dropLast(20)))
            try await put("empty", [])
            let newer = String(decoding: good, as: UTF8.self).replacing("\"version\" : 1", with: "\"version\" : 2")
            try await put("newer", Array(newer.utf8))
            // A copy of another's.
            try await put("copy", good)
            #expect(try await proofs.verified(namespace: "ns", policy: "p") == ["a"])
            for name in ["cut", "empty", "newer", "copy"] {
                #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: name) == nil, "\(name)")
            }
        }
    }
}
