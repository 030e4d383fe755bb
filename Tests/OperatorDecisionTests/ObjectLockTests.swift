import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

@Suite struct ObjectLockTests {
    @Test(
        "A store that shall lock and does not is not ready, and says which of the two",
        arguments: [
            (true, nil, "no object lock"), (true, false, "could be deleted"), (true, true, nil), (false, nil, nil),
            (false, false, nil),
        ] as [(Bool, Bool?, String?)])
    func readiness(_ isWanted: Bool, _ probed: Bool?, _ complaint: String?) throws {
        let lock = isWanted ? #", "objectLock": {"mode": "Compliance", "retain": "30d"}"# : ""
        var store = Sample.store()
        store.spec.filesystem = nil
        store.spec.s3 = try JSONDecoder().decode(
            BackupStore.S3.self,
            from: Data(#"{"endpoint": "https://s3", "bucket": "b", "credentialsSecret": {"name": "s"}\#(lock)}"#.utf8))
        let status = BackupStoreReconciler.decide(
            store, .init(result: .success(StoreProbe(conditionalWrites: true, objectLock: probed))), others: [],
            now: Sample.now)
        let ready = try #require(status.conditions?["Ready"])
        #expect((ready.status == .true) == (complaint == nil))
        if let complaint {
            #expect(ready.reason == Reason.objectLockMissing)
            #expect(
                ready.message.contains(complaint) && ready.message.contains("spec.s3.objectLock"), "\(ready.message)")
        }
    }
}
