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
        guard readable > 0 else { throw ClusterConfigurationError(location: location, message: "there is no such file") }
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
        let folder = (file as NSString).deletingLastPathComponent
        let document: JSON
        do {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            document = try YAMLDecoder().decode(JSON.self, from: text)
        } catch {
            throw ClusterConfigurationError(location: file, message: "is not a kubeconfig: \(error)")
        }
        currentContext = document["current-context"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        clusters = Self.entries(document["clusters"], "cluster", folder)
        users = Self.entries(document["users"], "user", folder)
        contexts = Self.entries(document["contexts"], "context", folder)
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
        guard let name = wanted ?? currentContext else { throw fail("current-context is not set; give --context") }
        guard let context = contexts[name]?.value else {
            let known = contexts.keys.sorted().joined(separator: ", ")
            throw fail("there is no context \"\(name)\"; there are: \(known)")
        }
        let clusterName = context["cluster"]?.string ?? ""
        guard let cluster = clusters[clusterName] else {
            throw fail("context \"\(name)\" names the cluster \"\(clusterName)\", which is not there")
        }
        guard let server = cluster.value["server"]?.string, !server.isEmpty else {
            throw fail("clusters[\(clusterName)].server is not set")
        }
        let userName = context["user"]?.string ?? ""
        let user = users[userName] ?? Entry(value: .object([:]), folder: "")
        if !userName.isEmpty, users[userName] == nil {
            throw fail("context \"\(name)\" names the user \"\(userName)\", which is not there")
        }
        var configuration = ClusterConfiguration(server: server)
        configuration.namespace = context["namespace"]?.string ?? "default"
        configuration.certificateAuthority = try material("certificate-authority", cluster, "clusters[\(clusterName)]", location)
        configuration.clientCertificate = try material("client-certificate", user, "users[\(userName)]", location)
        configuration.clientKey = try material("client-key", user, "users[\(userName)]", location)
        configuration.serverName = cluster.value["tls-server-name"]?.string
        configuration.skipsVerification = cluster.value["insecure-skip-tls-verify"]?.bool ?? false
        if let proxy = cluster.value["proxy-url"]?.string { configuration.proxy = .url(proxy, noProxy: "") }
        if configuration.clientCertificate != nil, configuration.clientKey == nil {
            throw fail("users[\(userName)] has a client-certificate and no client-key")
        }
        configuration.credential = try credential(user, userName, location)
        return configuration
    }

    private func material(
        _ key: String, _ entry: Entry, _ field: String, _ location: String
    ) throws -> ClusterConfiguration.Material? {
        if let data = entry.value["\(key)-data"]?.string, !data.isEmpty {
            guard let bytes = Data(base64Encoded: data, options: .ignoreUnknownCharacters) else {
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

    private func credential(
        _ user: Entry, _ name: String, _ location: String
    ) throws -> ClusterConfiguration.Credential {
        if let exec = user.value["exec"] {
            guard let command = exec["command"]?.string, !command.isEmpty else {
                throw ClusterConfigurationError(location: location, message: "users[\(name)].exec.command is not set")
            }
            let variables = (exec["env"]?.array ?? []).compactMap { item -> (String, String)? in
                item["name"]?.string.map { ($0, item["value"]?.string ?? "") }
            }
            return .exec(
                ExecPlugin(
                    apiVersion: exec["apiVersion"]?.string ?? "client.authentication.k8s.io/v1",
                    // A name without a slash is looked up in PATH; a relative path is the file's.
                    command: command.contains("/") && !command.hasPrefix("/") ? user.folder + "/" + command : command,
                    arguments: (exec["args"]?.array ?? []).compactMap(\.string),
                    environment: Dictionary(variables) { _, last in last },
                    installHint: exec["installHint"]?.string))
        }
        if let file = user.value["tokenFile"]?.string, !file.isEmpty {
            return .tokenFile(file.hasPrefix("/") ? file : user.folder + "/" + file)
        }
        if let token = user.value["token"]?.string, !token.isEmpty { return .token(token) }
        if let userName = user.value["username"]?.string {
            return .basic(user: userName, password: user.value["password"]?.string ?? "")
        }
        return .none
    }
}
