import Cryptography
import Foundation
import Processes
import S3TestServer
import Testing

@testable import ObjectStore

/// Where the conformance suite runs.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case filesystem
    case s3PathStyle
    case s3VirtualHost
    /// Every fifth request meets a fault that a client must survive.
    case s3WithFaults

    var testDescription: String { rawValue }

    func with<R: Sendable>(_ body: (any ObjectStore) async throws -> R) async throws -> R {
        switch self {
        case .filesystem: try await withFolderStore { store, _ in try await body(store) }
        case .s3PathStyle: try await withS3Store { store in try await body(store) }
        case .s3VirtualHost: try await withS3Store(pathStyle: false) { store in try await body(store) }
        case .s3WithFaults:
            try await withFaultyStore([Rule(every: 5, faults: ["503", "lost", "reset", "500", "truncate", "429"])]) {
                store, _ in
                try await body(store)
            }
        }
    }
}

func withFolder<R: Sendable>(_ body: (URL) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dr-store-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

func withFolderStore<R: Sendable>(_ body: (FilesystemStore, URL) async throws -> R) async throws -> R {
    try await withFolder { folder in try await body(FilesystemStore(root: folder.path), folder) }
}

/// A store with a prefix of its own in the shared bucket.
func withS3Store<R: Sendable>(
    pathStyle: Bool = true, _ change: (inout S3Configuration) -> Void = { _ in }, prefix: String? = nil,
    _ body: (S3Store) async throws -> R
) async throws -> R {
    var configuration = try await TemporaryS3.shared().configuration(pathStyle: pathStyle)
    change(&configuration)
    return try await closing(S3Store(configuration, prefix: prefix ?? freshPrefix(), pace: 0.05), body)
}

func freshPrefix() -> String { "t-\(UUID().uuidString.prefix(8).lowercased())" }

private func closing<R: Sendable>(_ store: S3Store, _ body: (S3Store) async throws -> R) async throws -> R {
    do {
        let result = try await body(store)
        await store.shutdown()
        return result
    } catch {
        await store.shutdown()
        throw error
    }
}

/// One rule of the fault proxy: see `fault_proxy.py`.
struct Rule: Encodable {
    var match: String?
    var fault: String?
    var times: Int?
    var skip: Int?
    var every: Int?
    var faults: [String]?

    init(_ match: String, _ fault: String, times: Int = 1, skip: Int = 0) {
        self.match = match
        self.fault = fault
        self.times = times
        self.skip = skip
    }

    init(every: Int, faults: [String]) {
        self.every = every
        self.faults = faults
    }
}

/// - Parameters:
///   - silence: how long the store behind the proxy may keep quiet.
///   - body: gets the store behind the proxy, and one of the same prefix without faults.
func withFaultyStore<R: Sendable>(
    _ rules: [Rule], silence: Duration = .seconds(60), _ body: (S3Store, S3Store) async throws -> R
) async throws -> R {
    let server = try await TemporaryS3.shared()
    guard let script = Bundle.module.url(forResource: "fault_proxy", withExtension: "py", subdirectory: "Resources")
    else { throw CocoaError(.fileNoSuchFile) }
    return try await withFolder { folder in
        let authority = try CertificateAuthority.create(commonName: "proxy", validFor: .seconds(3600))
        let certificate = try authority.issue(server: "localhost", dnsNames: ["localhost"], validFor: .seconds(3600))
        let files = [
            "proxy.crt": certificate.certificatePEM, "proxy.key": certificate.privateKeyPEM,
            "ca.crt": server.certificateAuthority,
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        let json = String(decoding: try JSONEncoder().encode(rules), as: UTF8.self)
        let arguments = [script.path, "proxy.crt", "proxy.key", "\(server.port)", "ca.crt", json]
        return try await withChild(Command("python3", arguments, workingDirectory: folder.path)) { streams in
            let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self)
            guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw CocoaError(.fileReadUnknown)
            }
            var configuration = server.configuration()
            let prefix = freshPrefix()
            return try await closing(S3Store(configuration, prefix: prefix, pace: 0.05)) { clean in
                configuration.endpoint = "https://localhost:\(port)"
                configuration.certificateAuthorities = Array(authority.certificatePEM.utf8)
                return try await closing(S3Store(configuration, prefix: prefix, pace: 0.05, silence: silence)) {
                    try await body($0, clean)
                }
            }
        }
    }
}

/// The error that `body` throws, and a failure of the test when it throws none or another.
func storeError(_ body: () async throws -> Void, at location: SourceLocation = #_sourceLocation) async
    -> ObjectStoreError?
{
    do {
        try await body()
        Issue.record("no error", sourceLocation: location)
    } catch let error as ObjectStoreError {
        return error
    } catch {
        Issue.record("\(error)", sourceLocation: location)
    }
    return nil
}

/// Bytes that differ from place to place, the same every time.
func pattern(_ count: Int) -> [UInt8] {
    count <= patternBytes.count ? Array(patternBytes[..<count]) : makePattern(count)
}

private let patternBytes = makePattern(25 << 20)

private func makePattern(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            buffer[index] = UInt8(truncatingIfNeeded: state >> 33)
        }
        filled = count
    }
}
