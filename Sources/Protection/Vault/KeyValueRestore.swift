import BackupArchive
import Foundation
import KubernetesModel

/// Writes the secrets of an export into KV mounts: versions in order and with their numbers, each under check-and-set, so that
/// none comes twice, however often a run is killed and begun again.
struct KeyValueRestore: Sendable {
    let client: VaultClient
    let strategy: VaultKeyValues.Strategy
    /// Where a mount goes that shall not go back to its own: both without a slash.
    let mounts: [String: String]
    /// A scratch server must not let versions expire while they are compared.
    var isScratch = false
    let progress: @Sendable (String) -> Void
    /// Kills the process when a test asks for it here.
    var reached: @Sendable (String) -> Void = { _ in }

    func run(_ artifact: NamedArtifact, from source: any ArtifactSource) async throws -> VaultKeyValues.Report {
        progress("looking at what is there")
        try await check(artifact, from: source)
        progress("writing")
        return try await source.read(artifact) { pieces in
            var report = VaultKeyValues.Report()
            var mount: KeyValueMount?
            try await KeyValueReader.items(pieces) { item in
                switch item {
                case .mount(let line):
                    mount = try await prepare(line)
                    report.mounts.append(target(line.mount))
                case .secret(let secret):
                    guard let mount else {
                        throw VerificationFailure(check: "lines", "the export has a secret without its mount")
                    }
                    try await bring(secret, to: mount, &report)
                    report.secrets += 1
                    if report.secrets.isMultiple(of: 1000) { progress("\(report.secrets) secrets are back") }
                }
            }
            return report
        }
    }

    /// Looks whether all of it can be written, and changes nothing.
    func check(_ artifact: NamedArtifact, from source: any ArtifactSource) async throws {
        try await source.read(artifact) { pieces in
            var (mount, others, count): (KeyValueMount?, [String], Int) = (nil, [], 0)
            try await KeyValueReader.items(pieces) { item in
                switch item {
                case .mount(let line): mount = try await present(line)
                case .secret(let wanted):
                    guard strategy == .intoEmpty, let mount else { return }
                    guard KeyValueStanding(try await read(mount, wanted.path), wanted: wanted) == .other else { return }
                    count += 1
                    if others.count < 10 { others.append(mount.path + wanted.path) }
                }
            }
            guard count == 0 else {
                throw VaultError(
                    .targetUnfit,
                    "\(count) secrets are there and are others than in the backup: \(others.joined(separator: ", "))\(count > 10 ? ", …" : "")",
                    field: "restoreVaultKV.strategy",
                    mend:
                        "give mounts to restore beside them, or strategy: Overwrite, which replaces them with all their versions"
                )
            }
        }
    }

    /// The target of a mount, with its slash.
    private func target(_ mount: String) -> String {
        let bare = String(mount.dropLast())
        return "\(mounts[bare] ?? bare)/"
    }

    private func present(_ line: KeyValueLine) async throws -> KeyValueMount? {
        let path = target(line.mount)
        guard let mount = try await client.keyValueMount(of: path) else { return nil }
        guard mount.path == path, mount.version == line.kv else {
            throw VaultError(
                .targetUnfit, "\"\(path)\" is no KV mount of version \(line.kv ?? 0), as \"\(line.mount)\" was",
                field: "restoreVaultKV.mounts",
                mend: "name another one; it is made where it is not there")
        }
        return mount
    }

    private func prepare(_ line: KeyValueLine) async throws -> KeyValueMount {
        if try await present(line) == nil {
            let path = target(line.mount)
            let bare = String(path.dropLast())
            do {
                try await client.call(
                    "POST", "sys/mounts/\(bare.escapedVaultPath)",
                    [
                        "type": "kv", "description": .string(line.description ?? ""),
                        "options": ["version": .string("\(line.kv ?? 1)")],
                    ],
                    policy:
                        "path \"sys/mounts/\(bare)\" { capabilities = [\"create\", \"update\"] }, or make the mount: bao secrets enable -path=\(bare) -version=\(line.kv ?? 1) kv"
                )
            } catch let error as VaultError where error.message.contains("path is already in use") {
                throw VaultError(
                    .forbidden, "the token may see nothing of the mount \"\(path)\"", field: "tokenSecret",
                    mend:
                        "give its policy: path \"\(path)*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\"] }"
                )
            }
            reached("mounted")
        }
        guard let mount = try await present(line) else {
            throw VaultError(
                .forbidden, "the token may see nothing of the mount \"\(target(line.mount))\", which it made",
                field: "tokenSecret", mend: "give its policy the mount too")
        }
        let names = try await client.settled { try await client.keyValueNames(mount, in: "") }
        // An empty mount is taken for a new one.
        if names.isEmpty, let wanted = line.configuration, !isScratch {
            _ = try await client.settled {
                try await client.call(
                    "POST", "\(mount.path.escapedVaultPath)config", Self.body(wanted), policy: mount.writePolicy)
            }
        }
        return mount
    }

    private func read(_ mount: KeyValueMount, _ path: String) async throws -> KeyValueSecret? {
        try await client.settled {
            try await KeyValueWalk(client: client, paths: [], now: { Date() }).read(mount, path)
        }
    }

    private func bring(_ wanted: KeyValueSecret, to mount: KeyValueMount, _ report: inout VaultKeyValues.Report)
        async throws
    {
        var found = try await read(mount, wanted.path)
        switch KeyValueStanding(found, wanted: wanted) {
        case .same: return
        case .absent, .begun: break
        case .other:
            // It came between the look and now.
            guard strategy == .overwrite else { throw Self.raced(mount, wanted.path) }
            report.replaced += 1
            if mount.version == 2 {
                try await client.call("DELETE", mount.listing(wanted.path), policy: mount.writePolicy)
                reached("replaced")
            }
            found = nil
        }
        report.written += 1
        guard let settings = wanted.settings else {
            guard let data = wanted.lines[0].data else {
                throw VerificationFailure(check: "lines", "the export has a secret without data")
            }
            try await client.write(mount.secret(wanted.path), text: data, policy: mount.writePolicy)
            reached("written")
            return
        }
        try await versions(wanted, settings, found, mount)
    }

    private func versions(
        _ wanted: KeyValueSecret, _ settings: KeyValueLine.Settings, _ found: KeyValueSecret?, _ mount: KeyValueMount
    ) async throws {
        let path = wanted.path
        var configuration = settings.configuration
        // None of them may be dropped for being one too many before all are there; older ones shall be.
        configuration.max_versions = Int64(max(1, wanted.versions.count))
        if isScratch { configuration.delete_version_after = "0s" }
        func describe(_ configuration: KeyValueLine.Configuration) async throws {
            var body = Self.body(configuration)
            body["custom_metadata"] = .object((settings.custom_metadata ?? [:]).mapValues { .string($0) })
            try await client.call("POST", mount.listing(path), body, policy: mount.writePolicy)
        }
        let present = found?.settings?.current_version ?? 0
        let lines = Dictionary(wanted.versions.map { ($0.version ?? 0, $0) }, uniquingKeysWith: { $1 })
        if present < settings.current_version, found?.settings?.configuration != configuration {
            try await describe(configuration)
            reached("described")
        }
        if present < settings.current_version {
            for number in (present + 1)...settings.current_version {
                let data = lines[number]?.data ?? KeyValueStanding.placeholder
                let body = Array("{\"options\":{\"cas\":\(number - 1)},\"data\":".utf8) + data + [UInt8(ascii: "}")]
                do { try await client.write(mount.secret(path), text: body, policy: mount.writePolicy) } catch let error
                    as VaultError
                    where error.message.contains("check-and-set")
                { throw Self.raced(mount, path) }
                reached("written")
            }
        }
        let isDestroyed = Set((found?.versions ?? []).filter { $0.state == .destroyed }.compactMap(\.version))
        let gone = wanted.versions.filter { $0.state != .available }.compactMap(\.version).filter {
            !isDestroyed.contains($0)
        }
        if !gone.isEmpty {
            try await client.call(
                "POST", mount.destroy(path), ["versions": .array(gone.map { .integer($0) })], policy: mount.writePolicy)
            reached("destroyed")
        }
        try await describe(settings.configuration)
        reached("done")
    }

    private static func body(_ configuration: KeyValueLine.Configuration) -> JSON {
        [
            "max_versions": .integer(configuration.max_versions), "cas_required": .bool(configuration.cas_required),
            "delete_version_after": .string(configuration.delete_version_after),
        ]
    }

    private static func raced(_ mount: KeyValueMount, _ path: String) -> VaultError {
        VaultError(
            .targetUnfit, "somebody writes \(mount.path)\(path) while it is restored", field: "restoreVaultKV",
            mend: "stop what writes there",
            isRetriable: true)
    }
}
