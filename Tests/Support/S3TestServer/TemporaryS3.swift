import Cryptography
import Foundation
public import ObjectStore
import Processes

/// A SeaweedFS of its own for tests: S3 over TLS on free loopback ports, with credentials, an authority of its own, and
/// both ways to name a bucket. It goes with the test process, however that ends: a shell holds the other end of a pipe
/// and ends the server when the pipe closes.
public final class TemporaryS3: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public static let accessKeyID = "dr-test"
    /// With characters that signing and quoting must survive.
    public static let secretAccessKey = "Secret+/='\"$(x) %41"

    public let port: Int
    /// The authority that signed the server's certificate, in PEM.
    public let certificateAuthority: String
    /// The bucket that all tests share: each uses a prefix of its own.
    public let bucket = "dr-test"
    /// One in which objects can be locked.
    public let lockingBucket = "dr-locking"

    /// One server for all tests of the process.
    public static func shared() async throws -> TemporaryS3 { try await sharedStart.value }

    private static let sharedStart = Task { try await TemporaryS3.start() }

    /// The program that runs the server, nil where it is not installed.
    public static func program() -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/weed" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func start() async throws -> TemporaryS3 {
        // A port may be taken between asking for it and using it.
        var last: any Error = Failure(description: "not started")
        for _ in 0..<3 {
            do {
                let server = try await TemporaryS3(ports: try (0..<8).map { _ in try freeLoopbackPort() })
                try await S3Store(server.configuration()).createBucketForTests()
                try await S3Store(server.configuration(bucket: server.lockingBucket)).createBucketForTests(
                    locking: true)
                return server
            } catch { last = error }
        }
        throw last
    }

    private init(ports: [Int]) async throws {
        guard let program = Self.program() else {
            throw Failure(description: "SeaweedFS is not there: put the folder of weed into PATH (hack/test does)")
        }
        port = ports[6]
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-s3-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let authority = try CertificateAuthority.create(commonName: "test", validFor: .seconds(86_400))
        certificateAuthority = authority.certificatePEM
        let certificate = try authority.issue(
            server: "localhost", dnsNames: ["localhost", "\(bucket).localhost", "no-such-bucket.localhost"],
            ipAddresses: ["127.0.0.1"], validFor: .seconds(86_400))
        try Data(certificate.certificatePEM.utf8).write(to: folder.appending(path: "server.crt"))
        try Data(certificate.privateKeyPEM.utf8).write(to: folder.appending(path: "server.key"))
        try JSONSerialization.data(withJSONObject: [
            "identities": [
                [
                    "name": "dr", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                    "credentials": [["accessKey": Self.accessKeyID, "secretKey": Self.secretAccessKey]],
                ]
            ]
        ]).write(to: folder.appending(path: "s3.json"))

        let flags = [
            "-logtostderr", "server", "-dir=.", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
            "-master.port=\(ports[0])", "-master.port.grpc=\(ports[1])", "-volume.port=\(ports[2])",
            "-volume.port.grpc=\(ports[3])", "-filer.port=\(ports[4])", "-filer.port.grpc=\(ports[5])",
            "-volume.max=100",
            "-master.volumeSizeLimitMB=1024", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.port=\(port)",
            "-s3.port.grpc=\(ports[7])", "-s3.config=s3.json", "-s3.cert.file=server.crt", "-s3.key.file=server.key",
            "-s3.domainName=localhost",
        ]
        // Leaves its folder only when the server has ended.
        let script =
            #"trap '' TERM INT HUP PIPE; exec 2>/dev/null; "$@" >log 2>&1 </dev/null & server=$!; read -r _; kill -KILL $server; wait $server; rm -rf "$PWD""#
        let command = Command("bash", ["-c", script, "bash", program] + flags, workingDirectory: folder.path)
        // Lives as long as the process: nobody closes its input before.
        Task { try await withChild(command) { streams in _ = try await streams.output.read(upTo: 1) } }
        try await waitUntilReady(folder)
    }

    private func waitUntilReady(_ folder: URL) async throws {
        let store = S3Store(configuration())
        var last = "no answer"
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            do {
                if try await store.answersForTests() {
                    await store.shutdown()
                    return
                }
            } catch { last = "\(error)" }
            try await Task.sleep(for: .milliseconds(50))
        }
        await store.shutdown()
        let log = (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
        throw Failure(description: "SeaweedFS does not answer: \(last) \(log.suffix(2000))")
    }

    public func configuration(pathStyle: Bool = true, bucket: String? = nil) -> S3Configuration {
        S3Configuration(
            endpoint: "https://localhost:\(port)", bucket: bucket ?? self.bucket, pathStyle: pathStyle,
            credentials: S3Configuration.Credentials(
                accessKeyID: Self.accessKeyID, secretAccessKey: Self.secretAccessKey),
            certificateAuthorities: Array(certificateAuthority.utf8))
    }
}
