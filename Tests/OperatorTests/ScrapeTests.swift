import Foundation
import Processes
import Testing

/// What Prometheus is told: alerts stand on it.
@Suite struct ScrapeTests {
    @Test(
        "A scrape says to which moment the data can be brought back, and when that was last proven; a deleted policy ends its series"
    )
    func scrape() async throws {
        try await World.with(rows: 1) { world in
            try await ProtectedSource.with(.git, world) { source in
                let address = "127.0.0.1:\(try freeLoopbackPort())"
                let cache = ["DR_CACHE": world.folder.appending(path: "dr-cache").path]
                try await Standalone.run(world, environment: cache, arguments: ["--probe-address", address]) { _ in
                    @Sendable func series() async throws -> [String: Double] {
                        let text = try await world.run("curl", "-sSf", "http://\(address)/metrics")
                        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                        return Dictionary(
                            lines.compactMap { line in
                                guard let cut = line.lastIndex(of: " "),
                                    let value = Double(line[line.index(after: cut)...])
                                else { return nil }
                                return (String(line[..<cut]), value)
                            }, uniquingKeysWith: { $1 })
                    }
                    let before = Date().timeIntervalSince1970.rounded(.down)
                    let policy = "{namespace=\"\(World.namespace)\",policy=\"p\"}"
                    try await world.prepare(source)
                    #expect(try await series().keys.contains { $0.hasPrefix("dr_policy_") } == false)
                    try await world.apply(
                        World.object(
                            "BackupPolicy", "p",
                            "{source: {\(source.source)}, storeRef: {name: primary}, trigger: first, objective: {rpo: 1h}, verification: {everyBackup: true}}"
                        ))
                    try await world.eventually("it is proven") {
                        try await series()["dr_policy_last_verified_timestamp_seconds\(policy)"] == nil
                            ? "not yet" : nil
                    }
                    let found = try await series()
                    let now = Date().timeIntervalSince1970
                    #expect(found["dr_policy_rpo_seconds\(policy)"] == 3600)
                    let point = try #require(found["dr_policy_recoverable_timestamp_seconds\(policy)"])
                    let written = try await world.field("bp/p", ".status.recoverableTo")
                    #expect(Date(timeIntervalSince1970: point).formatted(.iso8601) == written)
                    #expect(point <= now)
                    #expect(
                        (before...now).contains(
                            try #require(found["dr_policy_last_verified_timestamp_seconds\(policy)"])))
                    #expect(try #require(found["dr_policy_last_verification_duration_seconds\(policy)"]) >= 0)
                    #expect(found["dr_backup_total{result=\"complete\"}"] == 1)
                    #expect(found["dr_verification_total{result=\"verified\"}"] == 1)

                    try await world.kubectl("delete", "bp/p")
                    try await world.eventually("its series end") {
                        try await series().keys.first { $0.hasPrefix("dr_policy_") }
                    }
                }
            }
        }
    }
}
