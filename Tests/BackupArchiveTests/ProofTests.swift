import Foundation
import ObjectStore
import Testing

@testable import BackupArchive

@Suite struct ProofTests {
    private func proof(
        _ backup: String, _ verdict: Proof.Verdict = .proven, policy: String = "p", after seconds: TimeInterval = 0
    ) -> Proof {
        Proof(
            of: CatalogueTests.manifest("ns", policy, backup), verdict: verdict,
            checks: [.init("refs", "all 2 refs are there")],
            failure: verdict == .broken ? .init("corrupt", "a byte is another") : nil, requested: "t",
            startedAt: someDate + seconds,
            finishedAt: someDate + seconds + 5, verifier: "test")
    }

    /// The backups of the policy that are proven.
    private func proven(_ proofs: Proofs) async throws -> Set<String> {
        let verdicts = try await proofs.verdicts(namespace: "ns", policy: "p")
        let names = ["a", "b", "c", "odd/name", "cut", "empty", "newer", "copy"]
        return Set(names.filter { verdicts.isProven(CatalogueTests.manifest("ns", "p", $0)) })
    }

    @Test("A verdict is of what was backed up: a backup that was made anew under the same name has none")
    func anew() throws {
        let good = CatalogueTests.manifest("ns", "p", "a")
        var anew = good
        anew.fingerprintDigest = "of something else"
        for (verdict, isProven) in [(Proof.Verdict.proven, true), (.broken, false)] {
            let verdicts = Verdicts([proof("a", verdict)])
            #expect(verdicts.isProven(good) == isProven && verdicts.isBroken(good) == !isProven)
            #expect(!verdicts.isProven(anew) && !verdicts.isBroken(anew))
        }
    }

    @Test("A proof is read back as it was written; the last one of a backup counts", arguments: Place.allCases)
    func roundTrip(_ place: Place) async throws {
        try await place.with { store async throws in
            let proofs = Proofs(store)
            #expect(try await proven(proofs) == [])
            #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: "a") == nil)
            try await proofs.write(proof("a"))
            try await proofs.write(proof("b", .broken, after: 1))
            try await proofs.write(proof("odd/name", after: 2))
            try await proofs.write(proof("c", policy: "../p"))
            #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: "a") == proof("a"))
            #expect(proof("a").seconds == 5)
            #expect(try await proofs.list(namespace: "ns", policy: "p").map(\.backup) == ["a", "b", "odd/name"])
            #expect(try await proven(proofs) == ["a", "odd/name"])
            try await proofs.write(proof("a", .broken, after: 9))
            #expect(try await proven(proofs) == ["odd/name"])
            try await proofs.remove(namespace: "ns", policy: "p", backup: "odd/name")
            try await proofs.remove(namespace: "ns", policy: "p", backup: "odd/name")
            #expect(try await proven(proofs) == [])
        }
    }

    @Test("What is not a proof of this backup proves nothing")
    func damaged() async throws {
        try await withFolderStore { store, _ async throws in
            let proofs = Proofs(store)
            try await proofs.write(proof("a"))
            let good = try await store.get(
                BucketLayout.proof(namespace: "ns", policy: "p", backup: "a"), range: nil, ifMatch: nil)
            func put(_ backup: String, _ bytes: [UInt8]) async throws {
                _ = try await store.put(BucketLayout.proof(namespace: "ns", policy: "p", backup: backup), bytes, .none)
            }
            try await put("cut", Array(good.dropLast(20)))
            try await put("empty", [])
            let newer = String(decoding: good, as: UTF8.self).replacing("\"version\" : 1", with: "\"version\" : 2")
            try await put("newer", Array(newer.utf8))
            // A copy of another's.
            try await put("copy", good)
            #expect(try await proven(proofs) == ["a"])
            for name in ["cut", "empty", "newer", "copy"] {
                #expect(try await proofs.proof(namespace: "ns", policy: "p", backup: name) == nil, "\(name)")
            }
        }
    }
}
