import Foundation
import KubernetesModel

/// A KV mount.
struct KeyValueMount: Sendable, Hashable {
    /// With its slash: `secret/`.
    var path: String
    /// 1 or 2.
    var version: Int
    var description: String

    /// What lists, and what tells of versions, is beside the secrets in version 2.
    func listing(_ path: String) -> String { "\(self.path)\(version == 2 ? "metadata/" : "")\(path)".escapedVaultPath }
    func secret(_ path: String) -> String { "\(self.path)\(version == 2 ? "data/" : "")\(path)".escapedVaultPath }
    func destroy(_ path: String) -> String { "\(self.path)destroy/\(path)".escapedVaultPath }

    /// For the person whose token may not read.
    var readPolicy: String {
        version == 2
            ? "path \"\(path)*\" { capabilities = [\"read\", \"list\"] } (data, metadata and config below it)"
            : "path \"\(path)*\" { capabilities = [\"read\", \"list\"] }"
    }
    var writePolicy: String {
        "path \"\(path)*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\"] }"
    }
}

extension VaultClient {
    /// All KV mounts, by their paths.
    func keyValueMounts() async throws -> [KeyValueMount] {
        let answer = try await call(
            "GET", "sys/mounts",
            policy: "path \"sys/mounts\" { capabilities = [\"read\"] }, or name the mounts in paths")
        let all = (answer["data"] ?? answer).object ?? [:]
        return all.compactMap { Self.mount($0.key, $0.value) }.sorted {
            $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
        }
    }

    /// The mount that a path leads into; nil where there is none, or the token may see nothing of it.
    func keyValueMount(of path: String) async throws -> KeyValueMount? {
        let answer: JSON
        do { answer = try await call("GET", "sys/internal/ui/mounts/\(path.escapedVaultPath)") } catch let error
            as VaultError
            where error.code == .forbidden || error.code == .notFound
        { return nil }
        guard let data = answer["data"], let name = data["path"]?.string else { return nil }
        guard let mount = Self.mount(name, data) else {
            throw VaultError(
                .targetUnfit, "\"\(name)\" is no KV mount but one of \(data["type"]?.string ?? "another kind")",
                field: "paths",
                mend: "name KV mounts")
        }
        return mount
    }

    private static func mount(_ path: String, _ data: JSON) -> KeyValueMount? {
        // "generic" is what old servers call version 1.
        guard let type = data["type"]?.string, type == "kv" || type == "generic" else { return nil }
        let version = data["options"]?["version"]?.string == "2" ? 2 : 1
        return KeyValueMount(
            path: path.hasSuffix("/") ? path : path + "/", version: version,
            description: data["description"]?.string ?? "")
    }

    /// What is in a folder, sorted by bytes; folders end in a slash.
    func keyValueNames(_ mount: KeyValueMount, in folder: String) async throws -> [String] {
        do {
            let answer = try await call("GET", mount.listing(folder) + "?list=true", policy: mount.readPolicy)
            return (answer["data"]?["keys"]?.array ?? []).compactMap(\.string).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        } catch let error as VaultError where error.code == .notFound { return [] }
    }

    /// nil where the token may not read it, or the mount has none.
    func keyValueConfiguration(_ mount: KeyValueMount) async throws -> KeyValueLine.Configuration? {
        guard mount.version == 2 else { return nil }
        do {
            return Self.configuration(
                try await settled { try await call("GET", "\(mount.path.escapedVaultPath)config") }["data"] ?? .null)
        } catch let error as VaultError
            where error.code == .forbidden
        { return nil }
    }

    /// A mount that was enabled a moment ago refuses everything until it is ready.
    func settled<R>(_ body: () async throws -> R) async throws -> R {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do { return try await body() } catch let error as VaultError
                where error.message.lowercased().contains("upgrad") && error.message.contains("version")
                && ContinuousClock.now < deadline
            {}
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func configuration(_ data: JSON) -> KeyValueLine.Configuration {
        KeyValueLine.Configuration(
            max_versions: data["max_versions"]?.integer ?? 0, cas_required: data["cas_required"]?.bool ?? false,
            delete_version_after: data["delete_version_after"]?.string ?? "0s")
    }

    /// A secret of version 2 without its data; nil where there is none.
    func keyValueMetadata(_ mount: KeyValueMount, _ path: String, now: Date) async throws -> KeyValueSecret? {
        let data: JSON
        do { data = try await call("GET", mount.listing(path), policy: mount.readPolicy)["data"] ?? .null } catch let
            error as VaultError
            where error.code == .notFound
        { return nil }
        var head = KeyValueLine(mount: mount.path, path: path)
        let custom = data["custom_metadata"]?.object?.compactMapValues(\.string) ?? [:]
        head.secret = KeyValueLine.Settings(
            configuration: Self.configuration(data), custom_metadata: custom.isEmpty ? nil : custom,
            current_version: data["current_version"]?.integer ?? 0)
        var lines: [KeyValueLine] = []
        for (number, version) in data["versions"]?.object ?? [:] {
            guard let number = Int64(number) else { continue }
            var line = KeyValueLine(mount: mount.path, path: path)
            line.version = number
            line.created = version["created_time"]?.string
            if let time = version["deletion_time"]?.string, !time.isEmpty { line.deletion = time }
            if version["destroyed"]?.bool == true {
                line.state = .destroyed
            } else if let time = line.deletion, Self.isPast(time, now) {
                line.state = .deleted
            } else {
                line.state = .available
            }
            lines.append(line)
        }
        return KeyValueSecret(lines: [head] + lines.sorted { ($0.version ?? 0) < ($1.version ?? 0) })
    }

    private static func isPast(_ time: String, _ now: Date) -> Bool {
        // The server writes more digits than a date has; the second is enough.
        guard let date = try? Date("\(time.prefix(19))Z", strategy: .iso8601) else { return true }
        return date <= now
    }

    /// The data of a secret, or of one version, as the server wrote it; nil where there is none (any more), or where another
    /// version has come to that number since `created`.
    func keyValueData(_ mount: KeyValueMount, _ path: String, version: Int64? = nil, created: String? = nil)
        async throws -> [UInt8]?
    {
        let answer: [UInt8]
        let query = version.map { "?version=\($0)" } ?? ""
        do { answer = try await raw("GET", mount.secret(path) + query, policy: mount.readPolicy) } catch let error
            as VaultError
            where error.code == .notFound
        { return nil }
        do {
            guard mount.version == 2 else { return try RawJSON.value(answer, "data") }
            let data = try RawJSON.value(answer, "data", "data")
            if let created,
                try RawJSON.value(answer, "data", "metadata", "created_time") != Array("\"\(created)\"".utf8)
            {
                return nil
            }
            return data == Array("null".utf8) ? nil : data
        } catch {
            throw VaultError(
                .malformedAnswer, "a secret of \(mount.path) is not what a KV mount gives", field: "address",
                mend: "check that it is a Vault's")
        }
    }
}
