import Foundation
import Processes
import Testing

@testable import ObjectStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is particular to folders.
@Suite struct FilesystemTests {
    @Test("A link inside the folder leads nowhere: not to read, write, list or delete")
    func links() async throws {
        try await withFolderStore { store, folder in
            try await withFolder { outside in
                try Data("secret".utf8).write(to: outside.appending(path: "secret"))
                let manager = FileManager.default
                try manager.createSymbolicLink(at: folder.appending(path: "out"), withDestinationURL: outside)
                try manager.createSymbolicLink(
                    at: folder.appending(path: "file"), withDestinationURL: outside.appending(path: "secret"))
                for key in ["out/secret", "file"] {
                    #expect(try await store.head(key) == nil)
                    let read = await storeError { _ = try await store.get(key, range: nil, ifMatch: nil) }
                    #expect(read?.code == .notFound || read?.code == .badKey)
                    try await store.delete(key)
                }
                let written = await storeError { _ = try await store.put("out/new", [1], .none) }
                #expect(written?.code == .badKey)
                let streamed = await storeError { _ = try await store.upload("out/new") { try await $0.write([1]) } }
                #expect(streamed?.code == .badKey)
                // The link itself is replaced, not what it points to.
                _ = try await store.put("file", [1], .none)
                #expect(try await store.get("file", range: nil, ifMatch: nil) == [1])
                #expect(try await store.list("").map(\.key) == ["file"])
                #expect(try manager.contentsOfDirectory(atPath: outside.path) == ["secret"])
                #expect(try Data(contentsOf: outside.appending(path: "secret")) == Data("secret".utf8))
            }
        }
    }

    @Test("The scratch folder is not believed when it is a link")
    func linkedScratch() async throws {
        try await withFolderStore { store, folder async throws in
            try await withFolder { outside in
                try FileManager.default.createSymbolicLink(
                    at: folder.appending(path: ".unfinished"), withDestinationURL: outside)
                #expect(await storeError { _ = try await store.put("k", [1], .none) }?.code == .badKey)
                #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == [])
            }
        }
    }

    @Test("The store's own folder may be reached by a link")
    func linkedRoot() async throws {
        try await withFolder { folder in
            let link = folder.appending(path: "link")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "real"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder.appending(path: "real"))
            let store = FilesystemStore(root: link.path + "/")
            _ = try await store.put("a/b", [1], .ifAbsent)
            #expect(try await store.list("").map(\.key) == ["a/b"])
        }
    }

    @Test("Files and folders that are no objects are told as such")
    func kinds() async throws {
        try await withFolderStore { store, folder in
            _ = try await store.put("a/b", [1], .none)
            #expect(try await store.head("a") == nil)
            #expect(await storeError { _ = try await store.get("a", range: nil, ifMatch: nil) }?.code == .notFound)
            #expect(await storeError { _ = try await store.put("a", [1], .none) }?.code == .badKey)
            #expect(await storeError { _ = try await store.put("a/b/c", [1], .none) }?.code == .badKey)
            #expect(try await store.head("a/b/c") == nil)
            let long = String(repeating: "x", count: 256)
            #expect(await storeError { _ = try await store.put(long, [1], .none) }?.code == .badKey)
            // Nobody writes into this pipe: reading it must not wait.
            #expect(mkfifo(folder.appending(path: "pipe").path, 0o600) == 0)
            #expect(await storeError { _ = try await store.get("pipe", range: nil, ifMatch: nil) }?.code == .notFound)
            #expect(try await store.list("").map(\.key) == ["a/b"])
        }
    }

    @Test("A folder that is not there, or may not be written, is named with its field")
    func missingFolder() async throws {
        try await withFolder { folder async throws in
            let store = FilesystemStore(root: folder.appending(path: "no").path)
            for call: () async throws -> Void in [
                { _ = try await store.put("k", [1], .none) }, { _ = try await store.list("") },
                { _ = try await store.head("k") },
                { _ = try await store.beginUpload("k") }, { _ = try await store.get("k", range: nil, ifMatch: nil) },
            ] {
                let error = await storeError(call)
                #expect(error?.code == .noSuchBucket && error?.message.contains("spec.filesystem.path") == true)
            }
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: "no").path) == false)
        }
    }

    @Test("Objects are readable by their owner only, and replaced by other files")
    func files() async throws {
        try await withFolderStore { store, folder in
            let first = try await store.put("a/k", [1], .none)
            let path = folder.appending(path: "a/k").path
            let opened = try #require(FileHandle(forReadingAtPath: path))
            var tags = [first.etag]
            for number in 0..<50 { tags.append(try await store.put("a/k", [UInt8(number)], .none).etag) }
            #expect(Set(tags).count == tags.count)
            // Who reads goes on reading what he opened.
            #expect(try opened.readToEnd() == Data([1]))
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: ".unfinished").path) == [])
        }
    }

    @Test("The lock that conditional writes use is no abandoned upload")
    func lock() async throws {
        try await withFolderStore { store, _ in
            let info = try await store.put("k", [1], .none)
            _ = try await store.put("k", [2], .ifMatch(info.etag))
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    @Test("Of many processes that create one key one wins")
    func processes() async throws {
        try await withFolderStore { store, folder in
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<16 {
                    group.addTask { try await storeTool(["create", folder.path, "race", "\(number)"]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.sorted() == Array(repeating: "lost", count: 15) + ["won"])
        }
    }

    @Test("A writer that is killed leaves no object, and what it left is found and removed")
    func killed() async throws {
        try await withFolderStore { store, folder async throws in
            let command = Command(try toolPath(), ["upload", folder.path, "data/x"])
            await #expect(throws: (any Error).self) {
                try await withChild(command) { streams in
                    let line = try await streams.output.read(upTo: 64)
                    #expect(String(decoding: line, as: UTF8.self) == "begun\n")
                    // Ended by its error as by a kill: SIGTERM is not handled.
                    throw CocoaError(.userCancelled)
                }
            }
            #expect(try await store.list("") == [])
            let left = try await store.abandonedUploads("data/")
            #expect(left.map(\.key) == ["data/x"])
            #expect(try await store.abandonedUploads("other/") == [])
            for upload in left { try await store.abort(upload) }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: ".unfinished").path) == [])
        }
    }

    @Test("A full disk is told as such, and what was written is removed")
    func fullDisk() async throws {
        try await withFolderStore { store, folder in
            // 20 MiB a file, as a disk that ends there.
            let script = #"trap '' XFSZ; ulimit -f 20480; exec "$@""#
            let command = Command("bash", ["-c", script, "bash", try toolPath(), "upload", folder.path, "data/x"])
            let output = try await outputOfFailing(command)
            #expect(output.contains("the disk of spec.filesystem.path is full"), "\(output)")
            #expect(try await store.list("") == [])
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    private func outputOfFailing(_ command: Command) async throws -> String {
        let pipe = BoundedChannel<String>(capacity: 1)
        do {
            try await withChild(command) { streams in
                var bytes: [UInt8] = []
                while case let piece = try await streams.output.read(upTo: 4096), !piece.isEmpty { bytes += piece }
                try await pipe.send(String(decoding: bytes, as: UTF8.self))
            }
        } catch let error as ProcessError where error.code == .exited(1) {}
        return try await pipe.receive() ?? ""
    }
}

func storeTool(_ arguments: [String]) async throws -> String {
    let output = try await runChild(Command(try toolPath(), arguments))
    return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

/// It is built beside the tests.
func toolPath() throws -> String {
    var folder = Bundle.module.bundleURL.deletingLastPathComponent()
    for _ in 0..<3 {
        let path = folder.appending(path: "store-tool").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        folder.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
}
