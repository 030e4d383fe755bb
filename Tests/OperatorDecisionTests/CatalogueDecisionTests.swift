import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct CatalogueDecisionTests {
    private static func decide(_ manifests: [Manifest], _ backups: [Backup]) -> CatalogueDecision.Output {
        CatalogueDecision.decide(
            CatalogueDecision.Input(store: Sample.store(), manifests: manifests, backups: backups))
    }

    @Test("A fresh cluster gets a Backup for each manifest of its namespace, the newest first, and none is ever taken")
    func fresh() throws {
        let output = Self.decide(
            [Sample.manifest("a", ago: 9), Sample.manifest("b", ago: 5), Sample.manifest("c", namespace: "other")], [])
        #expect(output.create.map(\.name) == ["b", "a"])
        let made = try #require(output.create.first)
        #expect(made.namespace == "ns" && made.spec.policyRef.name == "p" && made.spec.storeRef.name == "primary")
        #expect(made.spec.fromCatalogue == true)
        #expect(made.metadata.labels == ["dr.hotswap.io/policy": "p"])
        let pass = BackupDecision.decide(
            .init(backup: made, manifest: nil, isRunning: false, end: nil, now: Sample.now))
        #expect(!pass.start && pass.wakeAt != nil, "it is looked for again, and not made")
        let there = BackupDecision.decide(
            .init(backup: made, manifest: Sample.manifest("b"), isRunning: false, end: nil, now: Sample.now))
        #expect(there.status.conditions?.isTrue("Complete") == true)
        #expect(there.status.recoveryPoint == Sample.manifest("b").recoveryPoint)
        #expect(
            Self.decide([Sample.manifest("a"), Sample.manifest("b")], output.create) == CatalogueDecision.Output(),
            "once")
    }

    @Test("Thousands are made in batches")
    func many() {
        let manifests = (0..<500).map { Sample.manifest("b\($0)", ago: Double(500 - $0)) }
        let output = Self.decide(manifests, [])
        #expect(output.create.count == CatalogueDecision.batch && output.create.first?.name == "b499")
    }

    @Test("What no Backup can be called is told and not made")
    func refused() {
        for name in ["../a", "A", "a b", "", "a_b", "-a", "ä", String(repeating: "a", count: 254)] {
            let output = Self.decide([Sample.manifest(name)], [])
            #expect(output.create.isEmpty && output.unusable == [name])
        }
        #expect(Self.decide([Sample.manifest("a", policy: "$(x)")], []).unusable == ["a"])
        #expect(LabelValue.of(String(repeating: "a", count: 62) + "-b") == String(repeating: "a", count: 62))
        #expect(CatalogueDecision.isName("db-20261123-020000") && CatalogueDecision.isName("a.b"))
    }

    @Test("A Backup whose manifest is not listed is asked for, one of another store is not")
    func doubtful() {
        let backups = [
            Sample.backup("gone", .complete), Sample.backup("mirror", .complete, fromCatalogue: true),
            Sample.backup("never", .waiting, fromCatalogue: true), Sample.backup("told", .missing),
            Sample.backup("running", .waiting), Sample.backup("failed", .failed),
            Sample.backup("elsewhere", .complete, store: "b"),
            Sample.backup("there", .complete), Sample.backup("back", .missing),
        ]
        let output = Self.decide([Sample.manifest("there"), Sample.manifest("back")], backups)
        #expect(Set(output.doubtful.map(\.name)) == ["gone", "mirror", "never"])
        #expect(output.found.map(\.name) == ["back"])
        #expect(output.create.isEmpty)
    }

    @Test("What the store has lost is not what a policy can recover to")
    func lost() {
        let output = BackupPolicyDecision.decide(
            .init(
                policy: Sample.policy(),
                backups: [
                    Sample.backup("old", .complete, finishedAgo: 90), Sample.backup("lost", .missing, finishedAgo: 10),
                ],
                storeProblem: nil, now: Sample.now))
        #expect(output.status.lastBackup == "old")
    }

    @Test("A Backup of the catalogue that is not read yet does not keep its policy from the next")
    func unread() {
        var policy = Sample.policy()
        policy.spec.trigger = "now"
        let output = BackupPolicyDecision.decide(
            .init(
                policy: policy, backups: [Sample.backup("x", .waiting, fromCatalogue: true)], storeProblem: nil,
                now: Sample.now))
        #expect(output.create?.trigger == "now")
    }

    @Test("The catalogue is read every ten minutes, and at once after a change; orphans are looked for once a day")
    func clock() {
        func clock(_ ago: Double?, dirty: Bool = false, orphansAgo: Double? = nil) -> CatalogueDecision.Clock {
            var status = BackupStore.Status()
            status.lastCatalogueTime = ago.map { Sample.now.addingTimeInterval(-$0) }
            status.orphans = orphansAgo.map {
                .init(objects: 0, bytes: 0, checkedAt: Sample.now.addingTimeInterval(-$0))
            }
            return .init(status: status, isDirty: dirty, now: Sample.now)
        }
        #expect(clock(nil).rest == nil && clock(600).rest == nil && clock(100, dirty: true).rest == nil)
        #expect(clock(100).rest == 500)
        #expect(clock(-3600).rest == nil, "a time of the future is no reason to wait")
        #expect(
            clock(nil).looksForOrphans && clock(nil, orphansAgo: 86400).looksForOrphans
                && clock(nil, orphansAgo: -60).looksForOrphans)
        #expect(!clock(nil, orphansAgo: 86399).looksForOrphans)
    }
}

@Suite struct WriterGateTests {
    @Test("The refusal says who holds it, that restores work, and what to type")
    func message() {
        let claim = WriterClaim(
            namespace: "ns", policy: "p", holder: "c1", host: "node-7", epoch: 3, since: Sample.now, takenFrom: ["c2"])
        for (taker, consent) in [("c3", "adopt=c1,"), ("c2", "adopt=c1/3,")] {
            let text = WriterGate.message(claim, Sample.policy(), taker: taker)
            for word in [
                "cluster c1", "node-7", "2026-11-23", "restores work",
                "kubectl -n ns annotate bp p dr.hotswap.io/\(consent)", "BackupStore primary",
            ] {
                #expect(text.contains(word), "\(text)")
            }
        }
    }

    @Test("A person consents on the policy or on its store")
    func adopt() {
        var store = Sample.store()
        #expect(WriterGate.adopt(Sample.policy(), store) == [])
        store.metadata.annotations = [BackupPolicy.adoptAnnotation: "c1", "other": "x"]
        #expect(
            WriterGate.adopt(Sample.policy(annotations: [BackupPolicy.adoptAnnotation: "c2/4"]), store) == [
                "c2/4", "c1",
            ])
    }

    @Test("A conflict stalls the policy and takes no backup")
    func stalled() {
        var policy = Sample.policy()
        policy.spec.trigger = "now"
        let output = BackupPolicyDecision.decide(
            .init(
                policy: policy, backups: [], storeProblem: .init(reason: Reason.writerConflict, message: "c1 writes"),
                now: Sample.now))
        #expect(output.create == nil)
        #expect(output.status.conditions?["Ready"]?.reason == Reason.writerConflict)
        #expect(output.status.conditions?.isTrue("Stalled") == true)
    }
}
