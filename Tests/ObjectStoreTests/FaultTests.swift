import Cryptography
import Foundation
import Synchronization
import Testing

@testable import ObjectStore

/// One fault at a time, at the place where it would do most harm.
@Suite struct FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var match: String
        var faults: [String]
        var testDescription: String { "\(match): \(faults.joined(separator: ", "))" }
        init(_ match: String, _ faults: String...) {
            self.match = match
            self.faults = faults
        }
    }

    static let part = PartPlan.size(of: 1)

    static let survivedByUploads = [
        Case("POST .*uploads", "503", "429", "reset", "lost", "truncate"),
        Case("PUT .*partNumber=1", "500", "reset", "lost", "garble"),
        Case("PUT .*partNumber=1", "code:400:RequestTimeout", "delay"),
        Case("PUT .*partNumber=2", "503", "lost", "truncate"),
        Case("POST .*uploadId", "lost"),
        Case("POST .*uploadId", "failed-200", "unhandled-200"),
        Case("POST .*uploadId", "503", "reset", "truncate"),
        Case("HEAD ", "503", "lost", "truncate"),
    ]

    @Test("An upload survives it, is whole, and leaves no second one unfinished", arguments: survivedByUploads)
    func upload(_ example: Case) async throws {
        try await withFaultyStore(example.faults.map { Rule(example.match, $0) }) { store, clean async throws in
            let bytes = pattern(2 * Self.part + 5)
            let (info, _) = try await store.upload("x") { try await $0.write(bytes) }
            #expect(info.size == bytes.count)
            #expect(try await Self.hash(clean, info) == SHA256.hash(bytes))
            #expect(try await clean.abandonedUploads("") == [])
        }
    }

    @Test(
        "A read survives it",
        arguments: [
            Case("GET ", "503", "429", "500"), Case("GET ", "reset", "lost", "truncate"),
            Case("GET ", "delay", "code:408:RequestTimeout"),
        ])
    func read(_ example: Case) async throws {
        try await withFaultyStore(example.faults.map { Rule(example.match, $0) }) { store, clean async throws in
            let bytes = pattern(1_000_000)
            let info = try await clean.put("x", bytes, .none)
            #expect(try await Self.hash(store, info) == SHA256.hash(bytes))
        }
    }

    @Test(
        "A store that keeps quiet in the middle of an exchange is asked again",
        arguments: [
            Case("POST .*uploads", "mute"), Case("PUT .*partNumber=2", "mute", "freeze"),
            Case("POST .*uploadId", "mute"),
            Case("HEAD ", "mute"), Case("GET /", "mute", "freeze"),
        ])
    func silence(_ example: Case) async throws {
        try await withFaultyStore(example.faults.map { Rule(example.match, $0) }, silence: .seconds(4)) {
            store, clean async throws in
            let bytes = pattern(Self.part + 5)
            let (info, _) = try await store.upload("x") { try await $0.write(bytes) }
            #expect(try await Self.hash(store, info) == SHA256.hash(bytes))
            #expect(try await clean.abandonedUploads("") == [])
        }
    }

    private static func hash(_ store: S3Store, _ info: ObjectInfo) async throws -> [UInt8] {
        let got = Mutex<[UInt8]>([])
        try await store.download(info, piece: max(info.size / 7, 1)) { piece in got.withLock { $0 += piece } }
        return SHA256.hash(got.withLock { $0 })
    }

    @Test(
        "A conditional write whose answer was lost is still known as ours",
        arguments: [
            ["lost"], ["lost", "lost"], ["503", "lost"], ["code:409:ConditionalRequestConflict", "lost"], ["truncate"],
        ])
    func conditional(_ faults: [String]) async throws {
        try await withFaultyStore(faults.map { Rule("PUT ", $0) }) { store, clean async throws in
            let info = try await store.put("k", [1, 2, 3], .ifAbsent)
            #expect(try await clean.head("k")?.etag == info.etag)
        }
        try await withFaultyStore(faults.map { Rule("PUT ", $0) }) { store, clean async throws in
            let first = try await clean.put("k", [1], .none)
            let info = try await store.put("k", [2], .ifMatch(first.etag))
            #expect(try await clean.head("k")?.etag == info.etag)
            // Another's same bytes are not ours.
            let error = await storeError { _ = try await store.put("k", [2], .ifAbsent) }
            #expect(error?.code == .preconditionFailed)
        }
    }

    @Test("A server that says another time than ours is believed once")
    func skew() async throws {
        try await withFaultyStore([Rule("GET ", "skewed")]) { store, _ async throws in
            #expect(try await store.list("") == [])
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var rule: Rule
        var code: ObjectStoreError.Code
        var words: [String]
        var testDescription: String { "\(rule.match ?? ""): \(rule.fault ?? "")" }
    }

    static let refusals = [
        Refusal(rule: Rule("HEAD ", "other-length"), code: .corrupt, words: ["acknowledged"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "no-etag", times: -1), code: .corrupt, words: ["part 2"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "other-etag", times: -1), code: .other, words: ["InvalidPart"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "507", times: -1), code: .full, words: ["full"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "503", times: -1), code: .throttled, words: ["slow down"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "reset", times: -1), code: .unreachable, words: ["exchange"]),
        Refusal(rule: Rule("PUT .*partNumber=2", "garble", times: -1), code: .corrupt, words: ["on their way"]),
        Refusal(
            rule: Rule("POST .*uploadId", "failed-200", times: -1), code: .other, words: ["complete", "InternalError"]),
        Refusal(rule: Rule("POST .*uploadId", "unhandled-200", times: -1), code: .other, words: ["no clear answer"]),
        Refusal(rule: Rule("POST .*uploads", "unhandled-200"), code: .other, words: ["did not begin"]),
        Refusal(rule: Rule("POST .*uploads", "moved"), code: .other, words: ["eu-central-7", "spec.s3.region"]),
        Refusal(
            rule: Rule("POST .*uploads", "code:403:RequestTimeTooSkewed", times: -1), code: .invalidCredentials,
            words: ["clock"]),
        Refusal(
            rule: Rule("PUT .*partNumber=1", "code:400:ExpiredToken"), code: .invalidCredentials,
            words: ["ExpiredToken", "spec.s3.credentialsSecret"]),
        Refusal(rule: Rule("POST .*uploads", "code:403:AccessDenied"), code: .accessDenied, words: ["policy"]),
    ]

    @Test("What cannot be survived is told, and leaves neither an object nor an upload", arguments: refusals)
    func refusal(_ example: Refusal) async throws {
        try await withFaultyStore([example.rule]) { store, clean async throws in
            let error = await storeError {
                _ = try await store.upload("x") { try await $0.write(pattern(2 * Self.part + 5)) }
            }
            #expect(error?.code == example.code, "\(error?.description ?? "")")
            for word in example.words { #expect(error?.message.contains(word) == true, "\(error?.description ?? "")") }
            if example.rule.fault != "other-length" { #expect(try await clean.list("") == []) }
            #expect(try await clean.abandonedUploads("") == [])
        }
    }

    @Test("A store that gives other lengths than it says is not believed", arguments: ["short", "whole"])
    func lengths(_ fault: String) async throws {
        try await withFaultyStore([Rule("GET ", fault, times: -1)]) { store, clean async throws in
            let info = try await clean.put("x", pattern(300_000), .none)
            let error = await storeError { try await store.download(info, piece: 100_000) { _ in } }
            #expect(error?.code == .corrupt)
        }
    }

    @Test("Bytes that were changed on their way are noticed, in both directions")
    func changedBytes() async throws {
        let rules = [Rule("PUT /[^?]*$", "garble"), Rule("GET ", "flip")]
        try await withFaultyStore(rules) { store, clean async throws in
            _ = try await store.put("x", pattern(1000), .ifAbsent)
            #expect(try await clean.get("x", range: nil, ifMatch: nil) == pattern(1000))
            #expect(await storeError { _ = try await store.get("x", range: nil, ifMatch: nil) }?.code == .corrupt)
            #expect(try await store.get("x", range: nil, ifMatch: nil) == pattern(1000))
        }
    }

    @Test("A store that does not know checksums is used without them")
    func withoutChecksums() async throws {
        try await withFaultyStore([
            Rule("PUT ", "no-checksums", times: -1), Rule("POST .*uploads", "no-checksums", times: -1),
        ]) {
            store, clean async throws in
            _ = try await store.put("x", [1], .ifAbsent)
            let (info, _) = try await store.upload("y") { try await $0.write(pattern(Self.part + 1)) }
            #expect(try await Self.hash(clean, info) == SHA256.hash(pattern(Self.part + 1)))
        }
    }

    @Test("A session token is sent and signed")
    func sessionToken() async throws {
        try await withFaultyStore([Rule("PUT ", "token")]) { store, _ async throws in
            var configuration = store.client.configuration
            configuration.credentials.sessionToken = "the+session/token=="
            let session = S3Store(configuration, prefix: "", pace: 0.05)
            let info = try await session.put("k", [1], .none)
            await session.shutdown()
            #expect(info.etag == "the+session/token==")
        }
    }
}
