import Foundation

extension FilesystemStore {
    public func list(_ prefix: String) async throws -> [ObjectInfo] {
        try await call { [root] in
            var found: [ObjectInfo] = []
            try Self.walk(try Folder.root(root), "", prefix, into: &found)
            return found.sorted { $0.precedes($1) }
        }
    }

    /// Goes only into folders that can hold keys of the prefix. The prefix is compared with names and is never a path.
    private static func walk(_ folder: Folder, _ path: String, _ prefix: String, into found: inout [ObjectInfo]) throws
    {
        for name in try folder.names(key: path) where !name.hasPrefix(".") {
            let key = path + name
            if key.utf8.starts(with: prefix.utf8), let info = try folder.info(name, key: key) {
                found.append(info)
                continue
            }
            let below = key + "/"
            guard below.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: below.utf8) else { continue }
            if let child = try folder.child(name, key: key) { try walk(child, below, prefix, into: &found) }
        }
    }

    /// A writer that was killed before it could tell its key is listed under every prefix, without a key.
    public func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] {
        try await call { [root] in
            guard let folder = try Folder.root(root).child(ScratchFile.folder, key: "") else { return [] }
            let names = Set(try folder.names(key: ""))
            return try names.compactMap { name -> AbandonedUpload? in
                let isNote = name.hasSuffix(ScratchFile.keyEnding)
                guard isNote || name.hasSuffix(ScratchFile.ending) else { return nil }
                let id = String(name.dropLast(isNote ? ScratchFile.keyEnding.count : ScratchFile.ending.count))
                // A note is told with its part; one alone was left by a kill between the two.
                if isNote, names.contains(id + ScratchFile.ending) { return nil }
                guard let info = try folder.info(name, key: name) else { return nil }
                let note = try? FileHandleOwner.open(
                    id + ScratchFile.keyEnding, O_RDONLY | O_NOFOLLOW, in: folder, key: "")
                let key = String(decoding: try note?.read(0..<1024, key: "") ?? [], as: UTF8.self)
                guard key.isEmpty || key.utf8.starts(with: prefix.utf8) else { return nil }
                return AbandonedUpload(key: key, id: id, begun: info.modified)
            }.sorted { $0.begun < $1.begun }
        }
    }

    public func abort(_ upload: AbandonedUpload) async throws {
        guard UUID(uuidString: upload.id) != nil else {
            throw ObjectStoreError(.badKey, "is not an upload", key: upload.id)
        }
        try await call { [root] in
            guard let folder = try Folder.root(root).child(ScratchFile.folder, key: "") else { return }
            for ending in [ScratchFile.ending, ScratchFile.keyEnding] {
                try folder.remove(upload.id + ending, key: upload.key)
            }
        }
    }
}
