import Foundation
import Processes
import Testing

@testable import PostgreSQLProtection

@Suite struct WorkFolderTests {
    @Test("What a killed process left is removed, whatever its process number was; what is in use is not")
    func leftOvers() throws {
        let base = FileManager.default.temporaryDirectory.appending(path: "dr-work-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: base) }
        func entries() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: base.path)) }

        let mine = try WorkFolder(in: base)
        let used = try entries()
        #expect(used.count == 2)
        // As a killed process leaves it, with this very process number: in a container all have the same.
        for name in ["dr-restore-\(getpid())-DEAD", "other-\(getpid())"] {
            try FileManager.default.createDirectory(at: base.appending(path: name), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: base.appending(path: "\(name)/contents.dump"))
            try Data().write(to: base.appending(path: "\(name).lock"))
        }
        let next = try WorkFolder(in: base)
        let left = try entries()
        #expect(left.isSuperset(of: used) && left.count == 6 && !left.contains { $0.contains("DEAD") }, "\(left)")
        #expect(left.contains("other-\(getpid())"))
        withExtendedLifetime((mine, next)) {}
    }

    @Test("A folder that is let go is gone, and its lock")
    func end() throws {
        let base = FileManager.default.temporaryDirectory.appending(path: "dr-work-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: base) }
        do {
            let folder = try WorkFolder(in: base)
            folder.remove()
            withExtendedLifetime(folder) {}
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: base.path) == [])
    }
}
