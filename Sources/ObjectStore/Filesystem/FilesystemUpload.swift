import Synchronization

/// Parts are written in order: an early one waits for those before it.
final class FilesystemUpload: ObjectUpload {
    private struct State {
        var next = 1
        var early: [Int: [UInt8]] = [:]
        var isWriting = false
    }

    private let file: ScratchFile
    private let path: String
    private let key: String
    private let store: FilesystemStore
    private let state = Mutex(State())

    init(file: ScratchFile, path: String, key: String, store: FilesystemStore) {
        self.file = file
        self.path = path
        self.key = key
        self.store = store
    }

    func write(part number: Int, _ bytes: [UInt8]) async throws {
        state.withLock { $0.early[number] = bytes }
        while let bytes = state.withLock({ state -> [UInt8]? in
            guard !state.isWriting, let bytes = state.early.removeValue(forKey: state.next) else { return nil }
            state.isWriting = true
            return bytes
        }) {
            try await store.offPool { [file] in try file.write(bytes) }
            state.withLock { state in
                state.isWriting = false
                state.next += 1
            }
        }
    }

    func finish() async throws -> ObjectInfo {
        guard state.withLock({ $0.early.isEmpty && !$0.isWriting }) else {
            throw ObjectStoreError(.other, "a part of the upload is missing", key: key)
        }
        return try await store.offPool { [file, path, key] in
            try file.commit(to: path, replacing: true)
            guard let info = try FilesystemStore.info(path, key) else {
                throw ObjectStoreError(.other, "the file is gone", key: key)
            }
            return info
        }
    }

    /// The scratch file goes with this object.
    func abort() async {}
}
