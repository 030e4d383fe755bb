import Foundation
import Processes

extension ProtectedSource {
    /// A Prometheus that scrapes itself, so that each backup has something new to store, with two blocks of long ago.
    static func prometheus(
        _ world: World, user: String? = nil, passwordHash: String? = nil,
        _ body: @escaping @Sendable (ProtectedSource) async throws -> Void
    ) async throws {
        let folder = world.folder.appending(path: "prometheus")
        let data = folder.appending(path: "data")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var text = "# TYPE old gauge\n"
        for hour in [0, 4] {
            for minute in 0..<30 { text += "old{a=\"ä\"} \(minute) \(1_700_000_000 + hour * 3600 + minute * 60)\n" }
        }
        let file = folder.appending(path: "old.txt")
        try Data((text + "# EOF\n").utf8).write(to: file)
        try await runChild(Command("promtool", ["tsdb", "create-blocks-from", "openmetrics", file.path, data.path]))
        let old = try FileManager.default.contentsOfDirectory(atPath: data.path).filter { $0.utf8.count == 26 }.sorted()
        let port = try freeLoopbackPort()
        let configuration =
            "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: self, static_configs: [{targets: [\"127.0.0.1:\(port)\"]}]}]\n"
        try Data(configuration.utf8).write(to: folder.appending(path: "prometheus.yml"))
        var arguments = [
            "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(data.path)",
            "--storage.tsdb.retention.time=100y",
            // The old blocks stay as they are.
            "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
            "--web.listen-address=127.0.0.1:\(port)", "--web.enable-admin-api", "--log.level=error",
        ]
        var credentials = ""
        if let user, let passwordHash {
            try Data("basic_auth_users: {\(user): '\(passwordHash)'}\n".utf8).write(
                to: folder.appending(path: "web.yml"))
            arguments.append("--web.config.file=\(folder.path)/web.yml")
            credentials = ", credentialsSecret: {name: prometheus}"
        }
        let kept: @Sendable () throws -> [String] = {
            try old.flatMap { block -> [String] in
                let names =
                    FileManager.default.enumerator(atPath: data.appending(path: block).path)?.compactMap {
                        $0 as? String
                    }.sorted() ?? []
                return try names.filter { !["chunks", "tombstones"].contains($0) }.map { name in
                    let bytes = try Data(contentsOf: data.appending(path: "\(block)/\(name)"))
                    return "\(block)/\(name) \(bytes.count) \(bytes.hashValue)"
                }
            }
        }
        let isOpen = user == nil
        try await withServer(Command("prometheus", arguments, endSignal: .kill, diesWithParent: .kill)) { child in
            let query = "http://127.0.0.1:\(port)/api/v1/query?query=up"
            while true {
                let answer = try? await runChild(Command("curl", ["-s", query]))
                let text = String(decoding: answer ?? [], as: UTF8.self)
                if isOpen ? text.contains("\"1\"") : !text.isEmpty { break }
                if child.hasEnded { throw ProcessError(code: .pipe, program: "prometheus", message: child.lastWords) }
                try await Task.sleep(for: .milliseconds(50))
            }
            try await body(
                ProtectedSource(
                    source:
                        "prometheus: {url: \"http://127.0.0.1:\(port)\", dataDirectory: \(World.quoted(data.path))\(credentials)}",
                    restore: "restorePrometheus: {policy: p}",
                    damage: { try FileManager.default.removeItem(at: data.appending(path: old.first ?? "none")) },
                    contents: { try kept() }))
        }
    }
}
