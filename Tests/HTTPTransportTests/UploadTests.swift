import Foundation
import HTTPTransport
import Testing

@Suite("A streamed request body")
struct UploadTests {
    @Test("is not sent to its end when the server refuses it, whose answer is given")
    func refused() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let feed = Feed(bytes: [UInt8](repeating: 1, count: 64 << 20), piece: 65536)
                let response = try await client.execute(
                    HTTPRequest(method: "PUT", url: server.url("refuse"), body: .stream(feed.next, length: nil)))
                #expect(response.status == 403)
                #expect(try await response.body.text() == "no")
                #expect(await feed.given < 64 << 20)
            }
        }
    }

    @Test("is refused although its source hangs")
    func refusedWhileHanging() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let hang: @Sendable () async throws -> [UInt8]? = {
                    try await Task.sleep(for: .seconds(3600))
                    return nil
                }
                let response = try await client.execute(
                    HTTPRequest(method: "PUT", url: server.url("refuse"), body: .stream(hang, length: nil)))
                #expect(try await response.body.text() == "no")
            }
        }
    }

    @Test("is sent to its end when the server agrees early")
    func agreed() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let feed = Feed(bytes: [UInt8](repeating: 1, count: 8 << 20), piece: 65536)
                let response = try await client.execute(
                    HTTPRequest(method: "PUT", url: server.url("hurry"), body: .stream(feed.next, length: 8 << 20)))
                #expect(await feed.given == 8 << 20)
                #expect(try await response.body.text() == "done")
            }
        }
    }

    @Test("is pulled only as fast as the server takes it")
    func backpressure() async throws {
        let total = 64 << 20
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let feed = Feed(bytes: [UInt8](repeating: 1, count: total), piece: 1 << 20)
                async let response = client.execute(
                    HTTPRequest(method: "PUT", url: server.url("slow"), body: .stream(feed.next, length: Int64(total))))
                var last = -1
                // The feed stands still once the buffers between us are full.
                while true {
                    let given = await feed.given
                    if given > 0, given == last { break }
                    last = given
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(last < total / 2)
                _ = try await client.execute(HTTPRequest(url: server.url("release")))
                #expect(try await response.body.text() == "\(total)")
            }
        }
    }

    @Test("of another length than announced is an error, not a mangled request", arguments: [99, 101])
    func length(announced: Int64) async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let feed = Feed(bytes: [UInt8](repeating: 1, count: 100), piece: 10)
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(
                        HTTPRequest(method: "PUT", url: server.url("echo"), body: .stream(feed.next, length: announced))
                    )
                }
                #expect(error?.code == .body)
                #expect(error?.message.contains("\(announced)") == true)
            }
        }
    }

    @Test("that fails ends the exchange with its error, even while the server takes nothing")
    func failing() async throws {
        struct Broken: Error {}
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let count = Counter()
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(
                        HTTPRequest(
                            method: "PUT", url: server.url("deaf"),
                            body: .stream(
                                {
                                    if await count.next() > 3 { throw Broken() }
                                    return [UInt8](repeating: 1, count: 65536)
                                }, length: nil)))
                }
                #expect(error?.code == .body)
                #expect(error?.message.contains("Broken") == true)
            }
        }
    }

    @Test("that the server cuts off is a reset, and does not end this process by SIGPIPE")
    func cut() async throws {
        try await withScriptedServer { server in
            try await withClient(server.configuration()) { client in
                let feed = Feed(bytes: [UInt8](repeating: 1, count: 64 << 20), piece: 1 << 20)
                let error = await #expect(throws: HTTPError.self) {
                    try await client.execute(
                        HTTPRequest(
                            method: "PUT", url: server.url("cutupload"), body: .stream(feed.next, length: 64 << 20)))
                }
                #expect(error?.code == .reset)
                #expect(error?.requestMayHaveBeenSent == true)
            }
            // The tests' own process ignores the signal. So: the thread blocks it.
            try await withClient(server.configuration()) { client in
                _ = try await client.execute(HTTPRequest(url: server.url("hello")))
                let masks = try signalMasks(ofThreadsNamed: "curl")
                #expect(masks.contains { $0 >> 12 & 1 == 1 })
            }
        }
    }

    private func signalMasks(ofThreadsNamed name: String) throws -> [UInt64] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap { thread in
            // A thread may end while we look.
            guard let text = try? String(contentsOfFile: "/proc/self/task/\(thread)/status", encoding: .utf8) else {
                return nil
            }
            let lines = text.split(separator: "\n")
            guard lines.contains("Name:\t\(name)"), let line = lines.first(where: { $0.hasPrefix("SigBlk:") }) else {
                return nil
            }
            return UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
        }
    }
}

private actor Counter {
    private var value = 0
    func next() -> Int {
        value += 1
        return value
    }
}
