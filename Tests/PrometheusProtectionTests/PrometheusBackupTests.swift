import BackupArchive
import Cryptography
import Foundation
import Processes
@testable import PrometheusProtection
import Testing

@Suite struct PrometheusBackupTests {
    @Test func `A server's blocks and head come back, and a later backup stores only what is new`() async throws {
        try await Fixture.with { fixture in
            let before = Date()
            let first = try await fixture.backUp("b1")
            #expect(first.artifacts.count == 3 && first.record.counts["blocks"] == 3)
            #expect(first.recoveryPoint <= Date() && first.recoveryPoint > before.addingTimeInterval(-30))
            #expect(first.record.serverVersion.hasPrefix("2.") || first.record.serverVersion.hasPrefix("3."))
            #expect(fixture.snapshots.isEmpty && fixture.notes.isEmpty)
            let second = try await fixture.backUp("b2", after: first)
            #expect(second.artifacts.filter { $0.backup == "b1" }.count == 2)
            #expect(second.artifacts.filter { $0.backup == "b2" }.count == 1, "the head alone")
            #expect(try await fixture.verify(second).checks.map(\.name) == ["blocks", "server", "queries"])

            let target = try fixture.makeFolder("restored 'x' $(y)")
            let own = target.appending(path: "wal")
            try Data("mine".utf8).write(to: own)
            func restore() async throws -> PrometheusRestore.Report {
                try await PrometheusRestore.run(
                    second, from: fixture.reader(), dataDirectory: target.path, server: nil, progress: { _ in })
            }
            #expect(try await restore().restored == 3)
            #expect(try await restore().present == 3)
            #expect(try Data(contentsOf: own) == Data("mine".utf8))
            try FileManager.default.removeItem(at: own)
            let port = try freeLoopbackPort()
            let report = try await fixture.serve(target, port: port) {
                try await PrometheusRestore.run(
                    second, from: fixture.reader(), dataDirectory: target.path,
                    server: PrometheusServer(url: "http://127.0.0.1:\(port)/"), progress: { _ in })
            }
            #expect((report.compared ?? 0) >= 4 && report.restored == 0 && report.warnings.isEmpty)
        }
    }

    @Test func `A stock Prometheus serves what aws s3 cp, age, zstd and tar alone restore`() async throws {
        try await Fixture.with(scrapes: false) { fixture in
            let manifest = try await fixture.backUp("b1")
            let key = fixture.folder.appending(path: "identity.txt")
            try Data((fixture.identity.secretKey + "\n").utf8).write(to: key)
            let target = try fixture.makeFolder("stock")
            for artifact in manifest.artifacts {
                let object = fixture.folder.appending(path: "store").appending(path: artifact.object.key)
                let packed = try await runChild(Command("age", ["-d", "-i", key.path, object.path]))
                let plain = try await runChild(Command("zstd", ["-dc"]), input: packed)
                try await runChild(Command("tar", ["-x", "-C", target.path]), input: plain)
            }
            let port = try freeLoopbackPort()
            let answer = try await fixture.serve(target, port: port) {
                try await fixture.get("/api/v1/query?query=old&time=\(Fixture.oldTime + 29 * 60)", port)
            }
            #expect(answer?.contains("\"29\"") == true && answer?.contains("ä") == true)
        }
    }

    @Test func `Each damage is named`() async throws {
        try await Fixture.with(scrapes: false) { fixture in
            let manifest = try await fixture.backUp("b1")
            let object = fixture.folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
            let good = try Data(contentsOf: object)
            func outcome(_ manifest: Manifest, key: AgeIdentity? = nil) async -> String {
                do {
                    _ = try await fixture.verify(manifest, key: key)
                    return "fine"
                } catch let error as ArchiveError { return error.code.rawValue } catch let error as VerificationFailure
                { return error.check } catch { return "\(error)" }
            }
            #expect(await outcome(manifest) == "fine")
            #expect(await outcome(manifest, key: try AgeIdentity.generate()) == "wrongKey")
            var flipped = good
            flipped[flipped.count / 2] ^= 1
            try flipped.write(to: object)
            #expect(await outcome(manifest) == "corrupt")
            try good.dropLast(9).write(to: object)
            #expect(await outcome(manifest) == "truncated")
            try FileManager.default.removeItem(at: object)
            #expect(await outcome(manifest) == "missing")
            try good.write(to: object)
            // The bytes of another block under this one's name.
            var stale = manifest
            stale.artifacts[0].object = manifest.artifacts[1].object
            #expect(await outcome(stale) == "blocks")
            var fingerprint = try PrometheusFingerprint(canonicalJSON: manifest.record.fingerprint)
            fingerprint.probes[0].value += 1
            var other = manifest
            other.record.fingerprint = String(decoding: try JSONEncoder().encode(fingerprint), as: UTF8.self)
            #expect(await outcome(other) == "queries")
        }
    }

    @Test func `What a killed backup left goes with the next one, and nobody else's snapshot`() async throws {
        try await Fixture.with(scrapes: false) { fixture in
            func snapshot() async throws -> String {
                let before = Set(fixture.snapshots)
                _ = try await fixture.get("/api/v1/admin/tsdb/snapshot", method: "POST")
                return try #require(Set(fixture.snapshots).subtracting(before).first)
            }
            let foreign = try await snapshot()
            let failing = FailingSink {
                FileManager.default.fileExists(atPath: fixture.data.appending(path: "snapshots").path)
            }
            await #expect(throws: FailingSink.Failure.self) {
                try await fixture.system().backUp(after: nil, into: failing, progress: { _ in })
            }
            #expect(fixture.snapshots == [foreign] && fixture.notes.isEmpty)

            let folder = SnapshotFolder(data: fixture.data, name: "ns/policy")
            try await folder.write(SnapshotNote(before: Set(fixture.snapshots), askedAt: Date(), name: nil))
            let unanswered = try await snapshot()
            _ = try await fixture.backUp("b1")
            #expect(fixture.snapshots == [foreign], "\(unanswered) was ours")
            let answered = try await snapshot()
            let later = try await snapshot()
            try await folder.write(SnapshotNote(before: [foreign], askedAt: Date(), name: answered))
            _ = try await fixture.backUp("b2")
            #expect(Set(fixture.snapshots) == [foreign, later] && fixture.notes.isEmpty)
        }
    }
}

/// Fails at the first artifact.
struct FailingSink: ArtifactSink {
    struct Failure: Error {}
    let look: @Sendable () -> Bool

    func store<R: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> R {
        #expect(look())
        throw Failure()
    }

    func keep(_ artifact: NamedArtifact) async {}
}
