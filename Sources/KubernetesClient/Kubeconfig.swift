import Foundation
import HTTPTransport
import KubernetesModel
import Yams

extension ClusterConfiguration {
    /// Reads kubeconfigs as kubectl does: of several files the first that has an entry wins, and relative paths are those
    /// of the file they stand in. A missing file in a list of several is passed over.
    public static func load(files: [String], context: String? = nil) throws -> ClusterConfiguration {
        var merged = Kubeconfig()
        var readable = 0
        for file in files {
            guard FileManager.default.fileExists(atPath: file) else { continue }
            merged.add(try Kubeconfig(file: file))
            readable += 1
        }
        let location = files.joined(separator: ":")
        guard readable > 0 else {
            throw ClusterConfigurationError(location: location, message: "there is no such file")
        }
        return try merged.resolve(context: context, location: location)
    }
}

struct Kubeconfig {
    struct Entry {
        var value: JSON
        var folder: String
    }

    var currentContext: String?
    var clusters: [String: Entry] = [:]
    var users: [String: Entry] = [:]
    var contexts: [String: Entry] = [:]

    init() {}

    init(file: String) throws {
        let path = file.hasPrefix("/") ? file : FileManager.default.currentDirectoryPath + "/" + file
        let folder = (path as NSString).deletingLastPathComponent
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ClusterConfigurationError(location: file, message: "cannot be read as text; check its permissions")
        }
        let document = try Self.parse(text, location: file)
        currentContext = document["current-context"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        clusters = Self.entries(document["clusters"], "cluster", folder)
        users = Self.entries(document["users"], "user", folder)
        contexts = Self.entries(document["contexts"], "context", folder)
    }

    /// YAML or JSON. An empty file is a kubeconfig without entries, as for kubectl. A parser's own description quotes the
    /// line, which may hold a token: only its number is told.
    private static func parse(_ text: String, location: String) throws -> JSON {
        do {
            guard let node = try Yams.compose(yaml: text) else { return [:] }
            if case .mapping = node { return JSON(yaml: node) }
            if node.null != nil { return [:] }
            throw ClusterConfigurationError(location: location, message: "is not a kubeconfig: it has no fields")
        } catch let error as YamlError {
            let place =
                switch error {
                case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                    .composer(_, let problem, let mark, _):
                    "line \(mark.line): \(problem)"
                default: "it is not YAML"
                }
            throw ClusterConfigurationError(location: location, message: "is not a kubeconfig: \(place)")
        }
    }

    private static func entries(_ list: JSON?, _ key: String, _ folder: String) -> [String: Entry] {
        var result: [String: Entry] = [:]
        for item in list?.array ?? [] {
            guard let name = item["name"]?.string, result[name] == nil else { continue }
            result[name] = Entry(value: item[key] ?? .object([:]), folder: folder)
        }
        return result
    }

    mutating func add(_ other: Kubeconfig) {
        currentContext = currentContext ?? other.currentContext
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
        contexts.merge(other.contexts) { first, _ in first }
    }

    func resolve(context wanted: String?, location: String) throws -> ClusterConfiguration {
        func fail(_ message: String) -> ClusterConfigurationError {
            ClusterConfigurationError(location: location, message: message)
        }
        let known = contexts.keys.sorted().joined(separator: ", ")
        let choice = known.isEmpty ? "it defines no contexts" : "give --context with one of: \(known)"
        guard let name = wanted ?? currentContext else { throw fail("current-context is not set; \(choice)") }
        guard let context = contexts[name]?.value else { throw fail("there is no context \"\(name)\"; \(choice)") }
        let clusterName = context["cluster"]?.string ?? ""
        guard let cluster = clusters[clusterName] else {
            throw fail("context \"\(name)\" names the cluster \"\(clusterName)\", which is not there")
        }
        guard let server = cluster.value["server"]?.string, !server.isEmpty else {
            throw fail("clusters[\(clusterName)].server is not set")
        }
        guard let url = URL(string: server), ["http", "https"].contains(url.scheme?.lowercased()), url.host != nil
        else {
            throw fail("clusters[\(clusterName)].server is not a URL such as https://192.0.2.1:6443")
        }
        let userName = context["user"]?.string ?? ""
        let user = users[userName] ?? Entry(value: .object([:]), folder: "")
        if !userName.isEmpty, users[userName] == nil {
            throw fail("context \"\(name)\" names the user \"\(userName)\", which is not there")
        }
        var configuration = ClusterConfiguration(server: server)
        configuration.namespace = context["namespace"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
        configuration.certificateAuthority = try material(
            "certificate-authority", cluster, "clusters[\(clusterName)]", location)
        configuration.clientCertificate = try material("client-certificate", user, "users[\(userName)]", location)
        configuration.clientKey = try material("client-key", user, "users[\(userName)]", location)
        configuration.serverName = cluster.value["tls-server-name"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        configuration.skipsVerification = cluster.value["insecure-skip-tls-verify"]?.bool ?? false
        if configuration.skipsVerification, configuration.certificateAuthority != nil {
            throw fail(
                "clusters[\(clusterName)] has both insecure-skip-tls-verify and a certificate-authority: remove one")
        }
        configuration.proxy = try proxy(cluster.value["proxy-url"]?.string, "clusters[\(clusterName)]", location)
        if configuration.clientCertificate != nil, configuration.clientKey == nil {
            throw fail("users[\(userName)] has a client-certificate and no client-key")
        }
        configuration.impersonation = impersonation(user.value)
        configuration.credential = try credential(user, userName, location)
        return configuration
    }

    private func material(
        _ key: String, _ entry: Entry, _ field: String, _ location: String
    ) throws -> ClusterConfiguration.Material? {
        if let data = entry.value["\(key)-data"]?.string, !data.isEmpty {
            // Folded YAML leaves white space in it. Anything else is a mistake.
            guard let bytes = Data(base64Encoded: data.filter { !$0.isWhitespace }), !bytes.isEmpty else {
                throw ClusterConfigurationError(location: location, message: "\(field).\(key)-data is not base64")
            }
            return .bytes([UInt8](bytes))
        }
        guard let path = entry.value[key]?.string, !path.isEmpty else { return nil }
        let full = path.hasPrefix("/") ? path : entry.folder + "/" + path
        guard FileManager.default.isReadableFile(atPath: full) else {
            throw ClusterConfigurationError(location: location, message: "\(field).\(key): \(full) cannot be read")
        }
        return .file(full)
    }

    /// As kubectl: without a proxy-url, the environment's.
    private func proxy(_ text: String?, _ field: String, _ location: String) throws -> HTTPProxy {
        guard let text, !text.isEmpty else { return .environment }
        let schemes = ["http", "https", "socks5"]
        // The URL may hold a password: it is not repeated in the message.
        guard let url = URL(string: text), let scheme = url.scheme, schemes.contains(scheme.lowercased()),
            url.host != nil
        else {
            throw ClusterConfigurationError(
                location: location,
                message: "\(field).proxy-url is not an http, https or socks5 URL, such as http://proxy.example.com:3128"
            )
        }
        return .url(text, noProxy: "")
    }

    private func impersonation(_ user: JSON) -> ClusterConfiguration.Impersonation? {
        guard let name = user["as"]?.string, !name.isEmpty else { return nil }
        return .init(
            user: name, uid: user["as-uid"]?.string, groups: (user["as-groups"]?.array ?? []).compactMap(\.string))
    }

    /// The order is client-go's: a plugin is asked only when there is nothing at hand.
    private func credential(
        _ user: Entry, _ name: String, _ location: String
    ) throws -> ClusterConfiguration.Credential {
        if let file = user.value["tokenFile"]?.string, !file.isEmpty {
            return .tokenFile(file.hasPrefix("/") ? file : user.folder + "/" + file)
        }
        if let token = user.value["token"]?.string, !token.isEmpty { return .token(token) }
        if let userName = user.value["username"]?.string, !userName.isEmpty {
            return .basic(user: userName, password: user.value["password"]?.string ?? "")
        }
        if let exec = user.value["exec"], !exec.isNull {
            return .exec(try plugin(exec, user.folder, "users[\(name)].exec", location))
        }
        if let provider = user.value["auth-provider"], !provider.isNull {
            throw ClusterConfigurationError(
                location: location,
                message:
                    "users[\(name)].auth-provider is no longer part of Kubernetes: use exec with the provider's plugin")
        }
        return .none
    }

    private func plugin(_ exec: JSON, _ folder: String, _ field: String, _ location: String) throws -> ExecPlugin {
        func fail(_ message: String) -> ClusterConfigurationError {
            ClusterConfigurationError(location: location, message: "\(field).\(message)")
        }
        guard let command = exec["command"]?.string, !command.isEmpty else { throw fail("command is not set") }
        let version = exec["apiVersion"]?.string ?? ""
        guard ExecPlugin.apiVersions.contains(version) else {
            throw fail("apiVersion must be one of: \(ExecPlugin.apiVersions.joined(separator: ", "))")
        }
        // Nobody sits at this process: a plugin that has to ask cannot be used.
        let mode = exec["interactiveMode"]?.string ?? "IfAvailable"
        guard ["Never", "IfAvailable", "Always"].contains(mode) else {
            throw fail("interactiveMode must be Never, IfAvailable or Always")
        }
        if mode == "Always" {
            throw fail("interactiveMode is Always: dr has no terminal; use a plugin that can do without")
        }
        let variables = (exec["env"]?.array ?? []).compactMap { item -> (String, String)? in
            item["name"]?.string.map { ($0, item["value"]?.string ?? "") }
        }
        return ExecPlugin(
            apiVersion: version,
            // A name without a slash is looked up in PATH; a relative path is the file's.
            command: command.contains("/") && !command.hasPrefix("/") ? folder + "/" + command : command,
            arguments: (exec["args"]?.array ?? []).compactMap(\.string),
            environment: Dictionary(variables) { _, last in last }, installHint: exec["installHint"]?.string,
            wantsCluster: exec["provideClusterInfo"]?.bool ?? false)
    }
}
