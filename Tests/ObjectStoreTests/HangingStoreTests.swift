import Foundation
import HangingFolder
import Testing

@testable import ObjectStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Folders whose file system does not answer.
@Suite(.timeLimit(.minutes(2))) struct HangingStoreTests {
    @Test(
        "Every call on a file system that is gone is told, another store works, and so does this one when it is back",
        .enabled(if: HangingFolder.isPossible))
    func gone() async throws {
        try await withFolder { folder in
            let path = folder.appending(path: "backups")
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
            let store = FilesystemStore(root: path.path)
            // What hangs is lost sooner or later; only calls that do hang are made through this one.
            let impatient = FilesystemStore(root: path.path, patience: .milliseconds(100))
            _ = try await store.put("kept", [1], .none)
            let upload = try await store.beginUpload("large")
            let hanging = try #require(HangingFolder(over: path))
            defer { hanging.comeBack() }
            for call: () async throws -> Void in [
                { _ = try await impatient.head("kept") },
                { _ = try await impatient.get("kept", range: nil, ifMatch: nil) },
                { _ = try await impatient.put("new", [1], .ifAbsent) }, { _ = try await impatient.list("") },
                { try await impatient.delete("kept") }, { _ = try await impatient.beginUpload("k") },
                { _ = try await impatient.abandonedUploads("") },
                { _ = try await store.head("kept") },
            ] {
                let error = await storeError(call)
                #expect(error?.code == .unreachable && error?.isRetriable == true)
                #expect(
                    error?.message.contains(path.path) == true
                        && error?.message.contains("spec.filesystem.path") == true)
            }
            try await withFolderStore { other, _ in
                _ = try await other.put("k", [1], .ifAbsent)
                #expect(try await other.list("").map(\.key) == ["k"])
            }
            hanging.comeBack()
            await upload.abort()
            // Until the call that hung has ended.
            var isBack = false
            while !isBack {
                do { isBack = try await store.head("kept") != nil } catch let error as ObjectStoreError
                    where error.code == .unreachable
                {
                    await Task.yield()
                }
            }
            #expect(try await store.list("").map(\.key) == ["kept"])
            #expect(try await store.put("new", [1], .ifAbsent).key == "new", "the one that was lost was not made")
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    @Test("A conditional write that waits for another process's lock is told, and is not made when the lock is free")
    func locked() async throws {
        try await withFolder { folder in
            let store = FilesystemStore(root: folder.path)
            let impatient = FilesystemStore(root: folder.path, patience: .seconds(1))
            let first = try await store.put("k", [1], .none)
            let lock = open(folder.appending(path: ".unfinished/lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            try #require(lock >= 0 && flock(lock, LOCK_EX) == 0)
            let lost = await storeError { _ = try await impatient.put("k", [2], .ifMatch(first.etag)) }
            #expect(lost?.code == .unreachable && lost?.message.contains("nothing was changed") == true)
            close(lock)
            var kept: [UInt8]?
            while kept == nil {
                do { kept = try await store.get("k", range: nil, ifMatch: nil) } catch let error as ObjectStoreError
                    where error.code == .unreachable
                {
                    await Task.yield()
                }
            }
            #expect(kept == [1])
            _ = try await store.put("k", [3], .ifMatch(first.etag))
        }
    }
}
