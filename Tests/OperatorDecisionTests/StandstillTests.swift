import KubernetesClient
import Logging
import Testing

@testable import Operator

/// What the liveness probe asks.
@Suite struct StandstillTests {
    @Test("A watch that has neither asked nor heard anything for five minutes is named")
    func standstill() async throws {
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(server: "https://127.0.0.1:1"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let service = OperatorService(
            client: client, namespaces: ["blue"], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(service.standstill(at: .now + .seconds(200)) == nil)
        let complaint = service.standstill(at: .now + .seconds(301))
        for kind in ["backupstores", "backuppolicies", "backups", "recoveryplans", "recoveryruns"] {
            #expect(complaint?.contains(kind) == true, "\(kind): \(String(describing: complaint))")
        }
        await client.shutdown()
    }
}
