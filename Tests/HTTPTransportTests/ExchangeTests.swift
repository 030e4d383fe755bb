import Foundation
import HTTPTransport
import Testing

@Suite("An exchange")
struct ExchangeTests {
    @Test("gives status, repeated headers and body", arguments: ["GET", "DELETE", "POST", "PUT", "PATCH"])
    func plain(method: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let response = try await client.execute(HTTPRequest(method: method, url: server.url("hello")))
                #expect(response.status == 200)
                #expect(response.headers.fields.filter { $0.name.lowercased() == "x-two" }.map(\.value) == ["a", "b"])
                #expect(try await response.body.text() == "hello \(method)")
            }
        }
    }

    @Test("passes over interim answers")
    func interim() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let response = try await client.execute(HTTPRequest(url: server.url("interim")))
                #expect(try await response.body.text() == "final")
                #expect(response.headers["Link"] == nil)
            }
        }
    }

    @Test("puts fragments of one byte, and lines of two megabytes, together", arguments: ["fragments", "longline"])
    func pieces(path: String) async throws {
        let whole =
            path == "longline"
            ? String(repeating: "x", count: 2 << 20) + "\n"
            : String(repeating: "a line that comes byte by byte\n", count: 3)
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let text = try await client.execute(HTTPRequest(url: server.url(path))).body.text()
                // Not a comparison that prints two megabytes when it fails.
                let isWhole = text == whole
                #expect(isWhole, "\(text.utf8.count) bytes")
            }
        }
    }

    @Test("sends bytes with their length, and a stream in chunks or with its length")
    func uploads() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let whole = try await client.execute(
                    HTTPRequest(method: "PUT", url: server.url("echo"), body: .bytes(bytes)))
                #expect(try await whole.body.collect(upTo: 4 << 20) == bytes)
                for length in [nil, Int64(bytes.count)] {
                    let feed = Feed(bytes: bytes, piece: 70_001)
                    let streamed = try await client.execute(
                        HTTPRequest(method: "PUT", url: server.url("echo"), body: .stream(feed.next, length: length)))
                    #expect(try await streamed.body.collect(upTo: 4 << 20) == bytes)
                }
            }
        }
    }

    @Test("passes a 429 and its Retry-After on")
    func busy() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let response = try await client.execute(HTTPRequest(url: server.url("busy")))
                #expect(response.status == 429)
                #expect(response.headers["retry-after"] == "7")
            }
        }
    }

    @Test("holds a fast server back while nobody reads")
    func backpressure() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let total = 64 << 20
                let response = try await client.execute(HTTPRequest(url: server.url("big/\(total)")))
                var last = -1
                // The server's count stands still once the buffers between us are full.
                while true {
                    let seen = try await client.execute(HTTPRequest(url: server.url("seen/big"))).body.text()
                    if let count = Int(seen), count > 0, count == last { break }
                    last = Int(seen) ?? -1
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(last < total / 2)
                var received = 0
                for try await piece in response.body { received += piece.count }
                #expect(received == total)
            }
        }
    }

    @Test("runs a hundred at once")
    func many() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            try await client.execute(HTTPRequest(url: server.url("hello"))).body.text().utf8.count
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(sum == 900)
            }
        }
    }
}

/// Gives bytes in pieces.
actor Feed {
    private let bytes: [UInt8]
    private let piece: Int
    private var offset = 0
    var given: Int { min(offset, bytes.count) }

    init(bytes: [UInt8], piece: Int) {
        self.bytes = bytes
        self.piece = piece
    }

    nonisolated var next: @Sendable () async throws -> [UInt8]? { { await self.take() } }

    private func take() -> [UInt8]? {
        guard offset < bytes.count else { return nil }
        defer { offset += piece }
        return Array(bytes[offset..<min(offset + piece, bytes.count)])
    }
}
