import BackupArchive
import Foundation
import Processes
@testable import PrometheusProtection
import Testing

@Suite struct ProbingTests {
    @Test func `What changes while the snapshot is made is not compared`() async throws {
        try await Fixture.with(scrapes: false) { fixture in
            try await PrometheusClient.with(PrometheusServer(url: fixture.url)) { client in
                let blocks = try await BlockFolder.list(fixture.data).map(\.meta)
                let before = await Probing.before(blocks, asked: Date(), from: client)
                #expect(
                    before.probes.count == 4 && before.probes.allSatisfy { $0.value > 0 } && before.warnings.isEmpty)
                #expect(await before.after(from: client).probes == before.probes)
                let range = "start=\(Fixture.oldTime)&end=\(Fixture.oldTime + 1800)"
                _ = try await fixture.get("/api/v1/admin/tsdb/delete_series?match[]=old&\(range)", method: "POST")
                let after = await before.after(from: client)
                #expect(after.probes == Array(before.probes.suffix(2)) && after.warnings.isEmpty)
                _ = try await fixture.get("/api/v1/admin/tsdb/delete_series?match[]=old", method: "POST")
                let none = await before.after(from: client)
                #expect(none.probes.isEmpty && none.warnings.count == 1)
            }
        }
    }

    /// Old first, then new, then out of order in between: what no snapshot has while it is in memory.
    private static let target = """
        import http.server, sys, threading, time
        now = int(time.time() * 1000)
        seen = [f"base 1 {now - 120000}", f"base 1 {now}\\nlate 1 {now}", f"late 1 {now - 65000}"]
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments): pass
            def do_GET(self):
                text = ((seen.pop(0) if len(seen) > 1 else seen[0]) + "\\n").encode()
                self.send_response(200); self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text))); self.end_headers(); self.wfile.write(text)
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], now, flush=True)
        sys.stdin.read()
        """

    @Test func `Samples that came out of order do not make a good backup a broken one`() async throws {
        try await withChild(Command("python3", ["-c", Self.target])) { streams in
            let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self).split(
                whereSeparator: \.isWhitespace)
            let (port, now) = (try #require(line.first), try #require(line.last.flatMap { Int($0) }))
            let configuration = """
                storage: {tsdb: {out_of_order_time_window: 30m}}
                scrape_configs: [{job_name: late, static_configs: [{targets: ["127.0.0.1:\(port)"]}]}]

                """
            try await Fixture.with(scrapes: false, configuration: configuration) { fixture in
                while try await fixture.get("/api/v1/query?query=late&time=\(now / 1000 - 60)")?.contains("\"1\"")
                    != true
                {
                    try await Task.sleep(for: .milliseconds(50))
                }
                let manifest = try await fixture.backUp("b1")
                #expect(manifest.artifacts.count == 3, "the head too")
                #expect(try await fixture.verify(manifest).checks.map(\.name) == ["blocks", "server", "queries"])
            }
        }
    }
}
