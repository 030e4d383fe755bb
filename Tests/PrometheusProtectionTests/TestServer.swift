import BackupArchive
import Cryptography
import Foundation
import HTTPTransport
import ObjectStore
import Processes
@testable import PrometheusProtection
import Testing

/// A real Prometheus with two old blocks and a head that it scrapes from itself, a store on a folder and a key, for the time
/// of a test.
struct Fixture: Sendable {
    static let password = "canary-pa:ss w/ord%"
    let folder: URL
    let port: Int
    var data: URL { folder.appending(path: "data") }
    var url: String { "http://127.0.0.1:\(port)" }
    let identity: AgeIdentity
    var store: FilesystemStore { FilesystemStore(root: folder.appending(path: "store").path) }

    static func with<R: Sendable>(
        adminAPI: Bool = true, scrapes: Bool = true, webConfiguration: String? = nil, configuration: String? = nil,
        _ body: @escaping @Sendable (Fixture) async throws -> R
    ) async throws -> R {
        // Names that a shell or a URL would trip over.
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-prom 'q\" $(x) ä-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "store"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = Fixture(folder: folder, port: try freeLoopbackPort(), identity: try AgeIdentity.generate())
        try await fixture.makeOldBlocks()
        return try await fixture.serve(
            fixture.data, adminAPI: adminAPI, scrapes: scrapes, webConfiguration: webConfiguration,
            configuration: configuration
        ) { try await body(fixture) }
    }

    static let oldTime = 1_700_000_000

    private func makeOldBlocks() async throws {
        var text = "# TYPE old gauge\n"
        for hour in [0, 4] {
            for minute in 0..<30 {
                text += "old{a=\"x \\\"y\\\" ä\"} \(minute) \(Self.oldTime + hour * 3600 + minute * 60)\n"
            }
        }
        text += "# EOF\n"
        let file = folder.appending(path: "old.txt")
        try Data(text.utf8).write(to: file)
        try await runChild(Command("promtool", ["tsdb", "create-blocks-from", "openmetrics", file.path, data.path]))
    }

    /// Another server over a folder, as long as `body` runs.
    func serve<R: Sendable>(
        _ data: URL, port other: Int? = nil, adminAPI: Bool = true, scrapes: Bool = false,
        webConfiguration: String? = nil,
        configuration: String? = nil, _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let port = other ?? self.port
        let file = folder.appending(path: "prometheus-\(port).yml")
        let job = "scrape_configs: [{job_name: self, static_configs: [{targets: [\"127.0.0.1:\(port)\"]}]}]\n"
        try Data(("global: {scrape_interval: 1s}\n" + (configuration ?? (scrapes ? job : ""))).utf8).write(to: file)
        var arguments = [
            "--config.file=\(file.path)", "--storage.tsdb.path=\(data.path)", "--storage.tsdb.retention.time=100y",
            "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
        ]
        if adminAPI { arguments.append("--web.enable-admin-api") }
        if let webConfiguration {
            let web = folder.appending(path: "web.yml")
            try Data(webConfiguration.utf8).write(to: web)
            arguments.append("--web.config.file=\(web.path)")
        }
        return try await withServer(Command("prometheus", arguments, endSignal: .kill, diesWithParent: .kill)) {
            child in
            while try await get("/-/ready", port) == nil {
                if child.hasEnded { throw ProcessError(code: .pipe, program: "prometheus", message: child.lastWords) }
                try await Task.sleep(for: .milliseconds(50))
            }
            while scrapes, webConfiguration == nil,
                try await get("/api/v1/query?query=up", port)?.contains("\"1\"") != true
            {
                try await Task.sleep(for: .milliseconds(50))
            }
            return try await body()
        }
    }

    /// The answer's text; nil when there is none.
    func get(_ path: String, _ port: Int? = nil, method: String = "GET") async throws -> String? {
        let client = HTTPClient()
        var text: String?
        if let response = try? await client.execute(
            HTTPRequest(method: method, url: "http://127.0.0.1:\(port ?? self.port)\(path)", timeout: .seconds(10))),
            [200, 401].contains(response.status)
        {
            text = (try? await response.body.collect(upTo: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
        }
        await client.shutdown()
        return text
    }

    var snapshots: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: data.appending(path: "snapshots").path)) ?? []
    }

    var notes: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: data.path)) ?? []).filter {
            $0.hasPrefix(".dr-snapshot")
        }
    }

    func system(_ server: PrometheusServer? = nil, data other: URL? = nil) -> PrometheusSystem {
        PrometheusSystem(
            server: server ?? PrometheusServer(url: url), dataDirectory: (other ?? data).path, name: "ns/policy")
    }

    func backUp(
        _ name: String, after previous: Manifest? = nil, server: PrometheusServer? = nil, data other: URL? = nil
    ) async throws -> Manifest {
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "metrics", backup: name)
        let record = try await system(server, data: other).backUp(after: previous, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: PrometheusSystem.kind, source: "prometheus/x", startedAt: Date(), finishedAt: Date(),
            writer: "test")
    }

    func reader(_ key: AgeIdentity? = nil) -> BackupReader { BackupReader(store: store, identities: [key ?? identity]) }

    func verify(_ manifest: Manifest, key: AgeIdentity? = nil) async throws -> VerificationReport {
        let scratch = folder.appending(path: "scratch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try await system().verify(manifest, from: reader(key), scratch: scratch, progress: { _ in })
    }

    func makeFolder(_ name: String) throws -> URL {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }
}
