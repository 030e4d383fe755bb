import Foundation
import RecoveryEngine
import Testing

@Suite struct ScratchFolderTests {
    private func with(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-scratch-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func entries(_ folder: URL) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    }

    @Test("Work has an empty folder of mode 0700, which is gone afterwards, also after an error")
    func life() async throws {
        struct Stop: Error {}
        try await with { root in
            let cache = root.appending(path: "a/cache")
            let used = try await ScratchFolder.with(in: cache) { folder in
                let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
                #expect(mode == 0o700 && entries(folder).isEmpty)
                try Data("x".utf8).write(to: folder.appending(path: "file"))
                return folder
            }
            #expect(!FileManager.default.fileExists(atPath: used.path))
            await #expect(throws: Stop.self) { try await ScratchFolder.with(in: cache) { _ in throw Stop() } }
            #expect(entries(cache.appending(path: "work")) == [])
        }
    }

    @Test("What a process that is gone has left is removed, and what is in use is not")
    func abandoned() async throws {
        try await with { root in
            let cache = root.appending(path: "cache")
            try await ScratchFolder.with(in: cache) { mine in
                // As a killed process leaves it: nobody holds the lock.
                let work = mine.deletingLastPathComponent()
                let dead = work.appending(path: "DEAD")
                try FileManager.default.createDirectory(
                    at: dead.appending(path: "data"), withIntermediateDirectories: true)
                try Data("x".utf8).write(to: dead.appending(path: "data/file"))
                try Data().write(to: work.appending(path: "DEAD.lock"))
                try ScratchFolder.removeAbandoned(in: cache)
                #expect(entries(work).sorted() == [mine.lastPathComponent, "\(mine.lastPathComponent).lock"].sorted())
            }
        }
    }

    @Test("A cache folder that others can write in, or that is none, is refused with the mend")
    func refused() async throws {
        try await with { root in
            let open = root.appending(path: "open")
            try FileManager.default.createDirectory(at: open, withIntermediateDirectories: true)
            let link = root.appending(path: "link")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: root)
            let file = root.appending(path: "file")
            try Data().write(to: file)
            for mode in [0o777, 0o770, 0o702] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: open.path)
                #expect(throws: CacheFolderError.self, "\(mode)") { try ScratchFolder.checked(open) }
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: open.path)
            #expect(try ScratchFolder.checked(open) == open)
            for wrong in [link, file] {
                let error = #expect(throws: CacheFolderError.self) { try ScratchFolder.checked(wrong) }
                #expect(error?.description.contains("is not a folder") ?? false)
                #expect(error?.description.contains("DR_CACHE") ?? false)
            }
            if geteuid() == 0 {
                try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: open.path)
                let error = #expect(throws: CacheFolderError.self) { try ScratchFolder.checked(open) }
                #expect(error?.description.contains("belongs to the user 65534") ?? false)
                try FileManager.default.setAttributes([.ownerAccountID: 0], ofItemAtPath: open.path)
            }
        }
    }
}
