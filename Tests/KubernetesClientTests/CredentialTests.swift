import Cryptography
import Foundation
import KubernetesModel
import ScriptedAPIServer
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("A credential")
struct CredentialTests {
    private final class Clock: Sendable {
        private let offset = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        private let date = Date()
        func pass(_ duration: Duration) { offset.withLock { $0 += duration } }
        @Sendable func now() -> ContinuousClock.Instant { start + offset.withLock { $0 } }
        @Sendable func wall() -> Date { date + offset.withLock { $0 } / .seconds(1) }
    }

    private func withFolder<R: Sendable>(_ body: (String) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "credential-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path)
    }

    private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    @Test("in a file is read again after a minute and after a refusal, and kept while the file cannot be read")
    func tokenFile() async throws {
        try await withFolder { folder in
            let clock = Clock()
            let file = folder + "/token"
            try write("one\n", file)
            let provider = CredentialProvider(.tokenFile(file), clock: clock.now, wallClock: clock.wall)
            let first = try await provider.authorization()
            #expect(first.header == "Bearer one")
            try write("two", file)
            #expect(try await provider.authorization().header == "Bearer one")
            clock.pass(.seconds(61))
            #expect(try await provider.authorization().header == "Bearer two")
            // A refusal of what is not used any more changes nothing.
            try write("three", file)
            await provider.refused(first)
            #expect(try await provider.authorization().header == "Bearer two")
            await provider.refused(try await provider.authorization())
            #expect(try await provider.authorization().header == "Bearer three")
            try write("", file)
            clock.pass(.seconds(61))
            #expect(try await provider.authorization().header == "Bearer three")
        }
    }

    /// A plugin that prints what it is told, and counts how often it ran.
    private func plugin(_ folder: String, _ output: String, version: String = "v1", environment: [String: String] = [:])
        throws
        -> ExecPlugin
    {
        try write(output, folder + "/output")
        try write(
            """
            #!/bin/sh
            echo "$KUBERNETES_EXEC_INFO" >>"$FOLDER/runs"
            [ -z "$FAIL" ] || { echo "no: $FAIL" >&2; exit 3; }
            cat "$FOLDER/output"
            """, folder + "/plugin")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/plugin")
        return ExecPlugin(
            apiVersion: "client.authentication.k8s.io/\(version)", command: folder + "/plugin", arguments: [],
            environment: environment.merging(["FOLDER": folder]) { first, _ in first }, installHint: "Install it.")
    }

    private func credential(_ status: String, version: String = "v1") -> String {
        #"{"apiVersion":"client.authentication.k8s.io/\#(version)","kind":"ExecCredential","status":{\#(status)}}"#
    }

    private func runs(_ folder: String) throws -> Int {
        try String(contentsOfFile: folder + "/runs", encoding: .utf8).split(separator: "\n").count
    }

    @Test("of a plugin is kept until it expires, and got once for many", arguments: ["v1", "v1beta1"])
    func exec(version: String) async throws {
        try await withFolder { folder in
            let clock = Clock()
            let expiry = clock.wall().addingTimeInterval(600).formatted(.iso8601)
            let output = credential(#""token":"t","expirationTimestamp":"\#(expiry)""#, version: version)
            let provider = CredentialProvider(
                .exec(try plugin(folder, output, version: version)), clock: clock.now, wallClock: clock.wall)
            let headers = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<10 { group.addTask { try await provider.authorization().header } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(headers == ["Bearer t"])
            #expect(try runs(folder) == 1)
            clock.pass(.seconds(601))
            _ = try await provider.authorization()
            #expect(try runs(folder) == 2)
            let info = try String(contentsOfFile: folder + "/runs", encoding: .utf8)
            #expect(info.contains(#""interactive":false"#))
        }
    }

    @Test("of a plugin is got anew when the server refuses it, and not for the refusal of an older one")
    func refusedPlugin() async throws {
        try await withScriptedAPIServer([
            ["match": "GET", "times": 1, "status": 401, "body": .string(Texts.status("Unauthorized", 401).text)],
            ["match": "GET", "body": #"{"gitVersion":"v1"}"#],
        ]) { server in
            let folder = server.folder.path
            // The first answer has no time at which it expires.
            let plugin = try plugin(folder, credential(#""token":"old""#))
            try await server.withClient(server.configuration(.exec(plugin))) { client in
                let old = try await client.credentials.authorization()
                try write(credential(#""token":"new""#), folder + "/output")
                #expect(try await client.serverVersion() == "v1")
                #expect(try runs(folder) == 2)
                #expect(
                    try await server.requests().map { $0.headers["authorization"] } == ["Bearer old", "Bearer new"])
                await client.credentials.refused(old)
                _ = try await client.serverVersion()
                #expect(try runs(folder) == 2)
            }
        }
    }

    @Test("of a plugin may be a client certificate")
    func certificate() async throws {
        try await withFolder { folder in
            let provider = CredentialProvider(
                .exec(try plugin(folder, credential(#""clientCertificateData":"C","clientKeyData":"K""#))))
            let authorization = try await provider.authorization()
            #expect(authorization.header == nil)
            #expect(authorization.certificate == [UInt8]("C".utf8))
            #expect(authorization.key == [UInt8]("K".utf8))
        }
    }

    @Test("of a plugin that is a client certificate is shown to the server, and a new one when that has expired")
    func shownCertificate() async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            let folder = server.folder.path
            func certificate(of name: String, expires: String) throws -> String {
                let issued = try server.authority.issue(client: name, validFor: .seconds(3600))
                return credential(
                    "\(JSON.object(["clientCertificateData": .string(issued.certificatePEM), "clientKeyData": .string(issued.privateKeyPEM)]).text.dropFirst().dropLast()),\"expirationTimestamp\":\"\(expires)\""
                )
            }
            // The first is over at once.
            let plugin = try plugin(folder, certificate(of: "alice", expires: "2020-01-01T00:00:00Z"))
            try await server.withClient(server.configuration(.exec(plugin))) { client in
                _ = try await client.serverVersion()
                try write(certificate(of: "bob", expires: "2999-01-01T00:00:00Z"), folder + "/output")
                for _ in 0..<2 { _ = try await client.serverVersion() }
                #expect(try await server.requests().map(\.client) == ["alice", "bob", "bob"])
                #expect(try runs(folder) == 2)
            }
        }
    }

    @Test("of a plugin that asks for the cluster is got with what the kubeconfig says of it", arguments: [true, false])
    func clusterInfo(isWanted: Bool) async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            var plugin = try plugin(server.folder.path, credential(#""token":"t""#))
            plugin.wantsCluster = isWanted
            var configuration = server.configuration(.exec(plugin))
            configuration.serverName = "localhost"
            try await server.withClient(configuration) { client in
                _ = try await client.serverVersion()
                let info = try JSON(parsing: String(contentsOfFile: server.folder.path + "/runs", encoding: .utf8))
                #expect(info[path: "spec", "interactive"] == false)
                let cluster = info[path: "spec", "cluster"]
                guard isWanted else {
                    #expect(cluster == nil)
                    return
                }
                #expect(cluster?["server"]?.string == server.url)
                #expect(cluster?["tls-server-name"] == "localhost")
                #expect(
                    cluster?["certificate-authority-data"]?.string
                        == Data(server.authority.certificatePEM.utf8).base64EncodedString())
            }
        }
    }

    /// A plugin that notes that it began, and gives its answer when there is a file `go`.
    private func waitingPlugin(_ folder: String) throws -> ExecPlugin {
        var plugin = try plugin(folder, credential(#""token":"t""#))
        try write(
            """
            #!/bin/sh
            echo begun >>"$FOLDER/begun"
            while [ ! -e "$FOLDER/go" ]; do sleep 0.01; done
            cat "$FOLDER/output"
            """, folder + "/waits")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/waits")
        plugin.command = folder + "/waits"
        return plugin
    }

    private func waitUntilBegun(_ folder: String) async throws {
        while !FileManager.default.fileExists(atPath: folder + "/begun") { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("of a plugin that hangs is given up when all who wait for it are ended")
    func hanging() async throws {
        try await withFolder { folder in
            let provider = CredentialProvider(.exec(try waitingPlugin(folder)), pluginDeadline: .seconds(86_400))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { _ = try await provider.authorization() } }
                try await waitUntilBegun(folder)
                group.cancelAll()
                while let result = await group.nextResult() { #expect(throws: (any Error).self) { try result.get() } }
            }
            // Who comes after them has it run anew.
            try write("", folder + "/go")
            #expect(try await provider.authorization().header == "Bearer t")
        }
    }

    @Test("of a plugin is not lost when another who waited for it is ended")
    func oneOfTwo() async throws {
        try await withFolder { folder in
            let provider = CredentialProvider(.exec(try waitingPlugin(folder)), pluginDeadline: .seconds(86_400))
            async let first = provider.authorization()
            try await waitUntilBegun(folder)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await provider.authorization() }
                group.cancelAll()
                try? write("", folder + "/go")
            }
            #expect(try await first.header == "Bearer t")
        }
    }

    @Test("of a plugin that gives no answer in its time is explained")
    func deadline() async throws {
        try await withFolder { folder in
            let provider = CredentialProvider(.exec(try waitingPlugin(folder)), pluginDeadline: .milliseconds(300))
            let error = try await #require(throws: ClusterConfigurationError.self) {
                try await provider.authorization()
            }
            #expect(error.description.contains("gave no answer within 0.3 seconds"), "\(error)")
        }
    }

    static let mistakes: [(output: String, message: String)] = [
        ("s3cret", "did not print an ExecCredential"),
        (
            #"{"kind":"ExecCredential","apiVersion":"x/v9","status":{"token":"s3cret"}}"#,
            "printed another apiVersion than"
        ),
        (
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}"#,
            "neither a token nor a client certificate"
        ),
        (
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"s3cret","token":"t"}}"#,
            "only one of clientCertificateData and clientKeyData"
        ),
        (
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"s3cret","expirationTimestamp":"soon"}}"#,
            "expirationTimestamp that is not RFC 3339"
        ),
    ]

    @Test("of a plugin that went wrong is explained without it", arguments: mistakes)
    func mistake(row: (output: String, message: String)) async throws {
        try await withFolder { folder in
            let provider = CredentialProvider(.exec(try plugin(folder, row.output)))
            let error = try await #require(throws: ClusterConfigurationError.self) {
                try await provider.authorization()
            }
            #expect(error.description.contains(row.message), "\(error)")
            #expect(!error.description.contains("s3cret"))
        }
    }

    @Test("of a plugin that fails or is not there is explained, without what it was given")
    func failure() async throws {
        try await withFolder { folder in
            let failing = CredentialProvider(.exec(try plugin(folder, "", environment: ["FAIL": "s3cret"])))
            let error = try await #require(throws: ClusterConfigurationError.self) { try await failing.authorization() }
            #expect(error.description.contains("ended with code 3: no: [redacted]"))
            var absent = try plugin(folder, "")
            absent.command = "/no/such/plugin"
            let missing = CredentialProvider(.exec(absent))
            let other = try await #require(throws: ClusterConfigurationError.self) { try await missing.authorization() }
            #expect(other.description.contains("Install it."))
        }
    }
}
