import Cryptography
import Foundation
import HTTPTransport
import KubernetesModel
import ScriptedAPIServer
import Testing

@testable import KubernetesClient

@Suite("A kubeconfig")
struct KubeconfigTests {
    private func withFolder<R>(_ files: [String: String], _ body: (String) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "kubeconfig-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return try body(folder.path)
    }

    /// One cluster, one user and one context, each with the given fields.
    private static func config(cluster: String = "", user: String = "", context: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {colors: true}
        extensions: [{name: x, extension: {y: 1}}]
        clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443/", \(cluster)}}]
        users: [{name: u, user: {\(user)}}]
        contexts: [{name: x, context: {cluster: c, user: u, \(context)}}]
        current-context: x
        """
    }

    private func load(_ text: String, files: [String: String] = [:]) throws -> (ClusterConfiguration, folder: String) {
        try withFolder(files.merging(["config": text]) { first, _ in first }) { folder in
            (try ClusterConfiguration.load(files: [folder + "/config"]), folder)
        }
    }

    @Test("gives server, namespace and options; unknown fields are passed over")
    func plain() throws {
        let (plain, _) = try load(Self.config())
        #expect(plain.server == "https://192.0.2.1:6443")
        #expect(plain.namespace == "default")
        #expect(plain.credential == .none)
        #expect(!plain.skipsVerification)
        #expect(plain.proxy == .environment)
        let (full, _) = try load(
            Self.config(
                cluster:
                    "insecure-skip-tls-verify: true, tls-server-name: api.test, proxy-url: 'socks5://127.0.0.1:1080'",
                user: "as: boss, as-groups: [a, b]", context: "namespace: shop"))
        #expect(full.skipsVerification)
        #expect(full.serverName == "api.test")
        #expect(full.proxy == .url("socks5://127.0.0.1:1080", noProxy: ""))
        #expect(full.namespace == "shop")
        #expect(full.impersonation == .init(user: "boss", uid: nil, groups: ["a", "b"]))
        #expect(try load(Self.config(context: "namespace: ''")).0.namespace == "default")
    }

    static let credentials: [(String, ClusterConfiguration.Credential)] = [
        ("token: abc", .token("abc")), ("token: 0123456", .token("0123456")), ("token: 'true'", .token("true")),
        ("token: ''", .none), ("username: me, password: 12.50", .basic(user: "me", password: "12.50")),
        ("token: abc, exec: {command: x, apiVersion: client.authentication.k8s.io/v1}", .token("abc")),
    ]

    @Test("gives the credential as it is written", arguments: credentials)
    func credential(fields: String, credential: ClusterConfiguration.Credential) throws {
        #expect(try load(Self.config(user: fields)).0.credential == credential)
    }

    @Test("resolves relative paths from the file that they stand in")
    func relative() throws {
        let text = Self.config(
            cluster: "certificate-authority: pki/ca.crt",
            user: "client-certificate: me.crt, client-key: me.key, tokenFile: token")
        let (loaded, folder) = try load(text, files: ["pki/ca.crt": "ca", "me.crt": "c", "me.key": "k"])
        #expect(loaded.certificateAuthority == .file(folder + "/pki/ca.crt"))
        #expect(loaded.clientCertificate == .file(folder + "/me.crt"))
        #expect(loaded.clientKey == .file(folder + "/me.key"))
        #expect(loaded.credential == .tokenFile(folder + "/token"))
    }

    @Test("prefers inline data to files, and takes folded base64")
    func inline() throws {
        let (loaded, _) = try load(
            Self.config(cluster: "certificate-authority: /none, certificate-authority-data: \"aGVs\\n bG8=\""))
        #expect(loaded.certificateAuthority == .bytes([UInt8]("hello".utf8)))
    }

    @Test("gives a plugin with its environment and its command's place")
    func plugin() throws {
        let exec = """
            exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/login, args: [get, "7"], \
            env: [{name: A, value: "1"}], interactiveMode: Never, installHint: get it, provideClusterInfo: true}
            """
        let (loaded, folder) = try load(Self.config(user: exec))
        #expect(
            loaded.credential
                == .exec(
                    ExecPlugin(
                        apiVersion: "client.authentication.k8s.io/v1beta1", command: folder + "/bin/login",
                        arguments: ["get", "7"], environment: ["A": "1"], installHint: "get it", wantsCluster: true)))
    }

    @Test("of several files takes the first that has an entry, and passes over missing and empty ones")
    func merge() throws {
        let first = "clusters: [{name: c, cluster: {server: 'https://first.test'}}]\nusers:\ncurrent-context: ''"
        let second = Self.config(user: "token: two")
        try withFolder(["1": first, "2": second, "empty": "# nothing\n"]) { folder in
            let files = ["none", "empty", "1", "2"].map { folder + "/" + $0 }
            let merged = try ClusterConfiguration.load(files: files)
            #expect(merged.server == "https://first.test")
            #expect(merged.credential == .token("two"))
            let found = try ClusterConfiguration.discover(environment: [
                "KUBECONFIG": files.joined(separator: ":") + ":"
            ])
            #expect(found.server == "https://first.test")
        }
    }

    static let mistakes: [(String, String)] = [
        ("current-context: x", "there is no context \"x\"; it defines no contexts"),
        (config().replacing("current-context: x", with: "current-context: y"), "give --context with one of: x"),
        (
            config().replacing("current-context: x", with: ""),
            "current-context is not set; give --context with one of: x"
        ),
        (
            config().replacing("cluster: c, user", with: "cluster: d, user"),
            "names the cluster \"d\", which is not there"
        ),
        (config().replacing("user: u,", with: "user: v,"), "names the user \"v\", which is not there"),
        (
            config().replacing("https://192.0.2.1:6443/", with: "192.0.2.1:6443"),
            "clusters[c].server is not a URL such as"
        ),
        (
            config(cluster: "certificate-authority: /no/where"),
            "clusters[c].certificate-authority: /no/where cannot be read"
        ),
        (config(cluster: "certificate-authority-data: '!!!'"), "clusters[c].certificate-authority-data is not base64"),
        (
            config(cluster: "insecure-skip-tls-verify: true, certificate-authority-data: aGVsbG8="),
            "has both insecure-skip-tls-verify and a certificate-authority: remove one"
        ),
        (
            config(cluster: "proxy-url: 'ftp://me:s3cret@host'"),
            "clusters[c].proxy-url is not an http, https or socks5 URL"
        ),
        (config(user: "client-certificate-data: aGVsbG8="), "users[u] has a client-certificate and no client-key"),
        (
            config(user: "auth-provider: {name: gcp}"),
            "users[u].auth-provider is no longer part of Kubernetes: use exec"
        ),
        (config(user: "exec: {apiVersion: client.authentication.k8s.io/v1}"), "users[u].exec.command is not set"),
        (
            config(user: "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"),
            "users[u].exec.apiVersion must be one of: client.authentication.k8s.io/v1,"
        ),
        (
            config(user: "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}"),
            "users[u].exec.interactiveMode is Always: dr has no terminal"
        ),
        ("users:\n- {name: u, user: {token: s3cret}\ncontexts: ]", "is not a kubeconfig: line"),
        ("s3cret", "is not a kubeconfig: it has no fields"),
    ]

    @Test("says what is wrong, where, and the mend, and no secret", arguments: mistakes)
    func mistake(text: String, message: String) throws {
        let error = try #require(throws: ClusterConfigurationError.self) { try load(text) }
        #expect(error.description.contains(message), "\(error)")
        #expect(!error.description.contains("s3cret"))
        #expect(error.location.hasSuffix("/config"))
    }

    @Test("that is not there is named")
    func missing() throws {
        let error = try #require(throws: ClusterConfigurationError.self) {
            try ClusterConfiguration.load(files: ["/no/such/config"])
        }
        #expect(error.description == "/no/such/config: there is no such file")
    }

    @Test("is not needed in a pod")
    func inCluster() throws {
        try withFolder(["token": "abc\n", "ca.crt": "ca", "namespace": "dr-system\n"]) { folder in
            let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
            let pod = try ClusterConfiguration.inCluster(environment: environment, folder: folder)
            #expect(pod.server == "https://[fd00::1]:443")
            #expect(pod.namespace == "dr-system")
            #expect(pod.credential == .tokenFile(folder + "/token"))
            #expect(pod.certificateAuthority == .file(folder + "/ca.crt"))
            #expect(pod.isInCluster)
            // A proxy of the environment is for the world outside.
            #expect(pod.proxy == .none)
        }
        #expect(throws: ClusterConfigurationError.self) { try ClusterConfiguration.inCluster(environment: [:]) }
        #expect(throws: ClusterConfigurationError.self) {
            try ClusterConfiguration.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "1.2.3.4", "KUBERNETES_SERVICE_PORT": "443"],
                folder: "/no/where")
        }
    }

    /// Each way that kubectl's users log in, from the kubeconfig's text to what the server sees.
    static let logins: [(name: String, user: String, header: String?, client: String)] = [
        ("a token", "token: abc", "Bearer abc", ""),
        ("a token file", "tokenFile: token", "Bearer from-file", ""),
        ("a password", "username: me, password: secret", "Basic bWU6c2VjcmV0", ""),
        ("a certificate in files", "client-certificate: me.crt, client-key: me.key", nil, "alice"),
        ("a certificate inline", "client-certificate-data: CERT, client-key-data: KEY", nil, "alice"),
        (
            "a plugin",
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: IfAvailable}",
            "Bearer plugged", ""
        ),
    ]

    @Test("logs in as its user", arguments: logins)
    func login(row: (name: String, user: String, header: String?, client: String)) async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            let issued = try server.authority.issue(client: "alice", validFor: .seconds(3600))
            func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
            try server.write("from-file\n", "token")
            try server.write(issued.certificatePEM, "me.crt")
            try server.write(issued.privateKeyPEM, "me.key")
            let plugin = try server.write(
                """
                #!/bin/sh
                echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"plugged"}}'
                """, "login")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: plugin)
            let user = row.user.replacing("CERT", with: base64(issued.certificatePEM)).replacing(
                "KEY", with: base64(issued.privateKeyPEM))
            let file = try server.write(
                Self.config(cluster: "certificate-authority: ca.crt", user: user).replacing(
                    "https://192.0.2.1:6443/", with: server.url), "config")
            try await server.withClient(ClusterConfiguration.load(files: [file])) { client async throws in
                #expect(try await client.serverVersion() == "v1")
                let request = try #require(try await server.requests().first)
                #expect(request.headers["authorization"] == row.header)
                #expect(request.client == row.client)
            }
        }
    }

    @Test("is not needed in a pod, which is logged in by its service account")
    func podLogin() async throws {
        try await withScriptedAPIServer([["match": "GET", "body": #"{"gitVersion":"v1"}"#]]) { server in
            try server.write("pod-token\n", "token")
            let environment = ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(server.port)"]
            let pod = try ClusterConfiguration.inCluster(environment: environment, folder: server.folder.path)
            try await server.withClient(pod) { client async throws in
                #expect(try await client.serverVersion() == "v1")
                #expect(try await server.requests().first?.headers["authorization"] == "Bearer pod-token")
            }
        }
    }
}
