import Foundation

/// Goes through KV mounts in one order, always the same: mounts, folders and secrets by the bytes of their names.
struct KeyValueWalk: Sendable {
    let client: VaultClient
    /// Mounts (`secret`), folders in them (`secret/team`), or secrets; empty for all that the token sees.
    let paths: [String]
    let now: @Sendable () -> Date

    /// One line after the other; no more than one secret with its versions is in memory.
    func run(_ each: (KeyValueLine) async throws -> Void) async throws {
        for (mount, places) in try await mounts() {
            var line = KeyValueLine(mount: mount.path)
            line.kv = mount.version
            line.description = mount.description
            line.configuration = try await client.keyValueConfiguration(mount)
            try await each(line)
            for place in places { try await walk(mount, place, each) }
        }
    }

    private func mounts() async throws -> [(KeyValueMount, [String])] {
        guard !paths.isEmpty else { return try await client.keyValueMounts().map { ($0, [""]) } }
        var found: [KeyValueMount: Set<String>] = [:]
        for path in paths {
            let bare = path.split(separator: "/").joined(separator: "/")
            guard let mount = try await client.keyValueMount(of: bare) else {
                throw VaultError(
                    .notFound, "\"\(path)\" leads to no mount that the token may see", field: "paths",
                    mend:
                        "check it (bao secrets list), and give the token's policy path \"\(bare)/*\" { capabilities = [\"read\", \"list\"] }"
                )
            }
            found[mount, default: []].insert("\(bare)/" == mount.path ? "" : String(bare.dropFirst(mount.path.count)))
        }
        return found.sorted { $0.key.path.utf8.lexicographicallyPrecedes($1.key.path.utf8) }.map { mount, places in
            // What lies in another place is walked with that.
            (
                mount,
                places.filter { place in !places.contains { $0 != place && ($0.isEmpty || place.hasPrefix("\($0)/")) } }
                    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            )
        }
    }

    private func walk(_ mount: KeyValueMount, _ place: String, _ each: (KeyValueLine) async throws -> Void) async throws
    {
        if !place.isEmpty, let secret = try await read(mount, place) {
            for line in secret.lines { try await each(line) }
        }
        // A stack and no recursion: how deep folders go is not ours to say.
        var waiting = [place.isEmpty ? "" : "\(place)/"]
        while let next = waiting.popLast() {
            try Task.checkCancellation()
            guard next.isEmpty || next.hasSuffix("/") else {
                if let secret = try await read(mount, next) { for line in secret.lines { try await each(line) } }
                continue
            }
            waiting += try await client.keyValueNames(mount, in: next).reversed().map { next + $0 }
        }
    }

    /// A secret with its versions, all of one moment; nil for one that went since it was listed.
    func read(_ mount: KeyValueMount, _ path: String) async throws -> KeyValueSecret? {
        guard mount.version == 2 else {
            guard let data = try await client.keyValueData(mount, path) else { return nil }
            var line = KeyValueLine(mount: mount.path, path: path)
            line.data = data
            return KeyValueSecret(lines: [line])
        }
        attempt: for _ in 0..<10 {
            guard var secret = try await client.keyValueMetadata(mount, path, now: now()) else { return nil }
            for index in secret.lines.indices.dropFirst() where secret.lines[index].state == .available {
                let line = secret.lines[index]
                // Gone since its metadata was read: deleted, destroyed, or one too many.
                guard
                    let data = try await client.keyValueData(mount, path, version: line.version, created: line.created)
                else { continue attempt }
                secret.lines[index].data = data
            }
            return secret
        }
        throw VaultError(
            .exportFailed, "a secret of \(mount.path) changed each time that it was read", field: "paths",
            mend: "back up when less is written", isRetriable: true)
    }
}
