public import Foundation

/// A folder for the time of one piece of work, readable by this user alone.
public enum ScratchFolder {
    /// Where the operator keeps what it can lose: mirrors, and folders of work under way. `DR_CACHE` names another place.
    public static var standard: URL {
        if let path = ProcessInfo.processInfo.environment["DR_CACHE"], path.hasPrefix("/") {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        return FileManager.default.temporaryDirectory.appending(path: "dr-cache-\(getuid())")
    }

    /// Removed when `body` ends, however it ends. What a killed process left is removed with the cache, by its age.
    public static func with<R>(in cache: URL, _ body: (URL) async throws -> R) async throws -> R {
        let work = cache.appending(path: "work")
        try FileManager.default.createDirectory(
            at: work, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        removeAbandoned(in: work)
        let folder = work.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    private static func removeAbandoned(in work: URL) {
        let yesterday = Date().addingTimeInterval(-86400)
        let folders = (try? FileManager.default.contentsOfDirectory(at: work, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
        for folder in folders {
            let changed = try? folder.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            if let changed, changed < yesterday { try? FileManager.default.removeItem(at: folder) }
        }
    }
}
