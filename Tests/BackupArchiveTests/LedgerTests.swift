import Foundation
import ObjectStore
import Processes
import Testing

@testable import BackupArchive

@Suite struct LedgerTests {
    static func entry(_ uid: String, token: String = "inc-1") -> LedgerEntry {
        LedgerEntry(
            namespace: "ns", plan: "plan", token: token, run: "run-\(uid)", runUID: uid, planHash: "hash",
            startedAt: someDate)
    }

    @Test("A token is taken once; who has it may ask again", arguments: Place.allCases)
    func begin(_ place: Place) async throws {
        try await place.with { store async throws in
            let ledger = Ledger(store)
            #expect(try await ledger.entry(namespace: "ns", plan: "plan", token: "inc-1") == nil)
            #expect(try await ledger.begin(Self.entry("a")) == .ours(Self.entry("a")))
            #expect(try await ledger.begin(Self.entry("a")) == .ours(Self.entry("a")))
            #expect(try await ledger.begin(Self.entry("b")) == .taken(Self.entry("a")))
            #expect(try await ledger.begin(Self.entry("b", token: "inc-2")) == .ours(Self.entry("b", token: "inc-2")))
            #expect(try await ledger.entry(namespace: "ns", plan: "plan", token: "inc-1") == Self.entry("a"))
        }
    }

    @Test("Of 16 runs at once one gets the token", arguments: Place.allCases)
    func race(_ place: Place) async throws {
        try await place.with { store async throws in
            let ours = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        if case .ours = try await Ledger(store).begin(Self.entry("\(number)")) { true } else { false }
                    }
                }
                return try await group.reduce(into: 0) { if $1 { $0 += 1 } }
            }
            #expect(ours == 1)
        }
    }

    @Test("Of 12 processes at once one gets the token")
    func processes() async throws {
        try await withFolderStore { _, folder async throws in
            let tool = try toolPath()
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        String(
                            decoding: try await runChild(Command(tool, ["begin", folder.path, "\(number)"])),
                            as: UTF8.self)
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(answers.sorted() == ["ours\n"] + [String](repeating: "taken\n", count: 11))
        }
    }

    @Test(
        "An unfinished token is taken over by one, and the lost run cannot end it any more", arguments: Place.allCases)
    func resume(_ place: Place) async throws {
        try await place.with { store async throws in
            let ledger = Ledger(store)
            let nothing = await failure(ArchiveError.self) { _ = try await ledger.resume(Self.entry("b")) }
            #expect(nothing?.code == .missing)
            _ = try await ledger.begin(Self.entry("a"))
            let winners = try await withThrowingTaskGroup(of: String?.self) { group in
                for uid in ["b", "c", "d", "e", "f", "g"] {
                    group.addTask {
                        // All began from what the first left: who comes later sees another run's entry.
                        do { return try await ledger.resume(Self.entry(uid)).runUID } catch let error as ArchiveError {
                            #expect(error.code == .tokenTaken)
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [String]()) { if let uid = $1 { $0.append(uid) } }
            }
            let kept = try #require(try await ledger.entry(namespace: "ns", plan: "plan", token: "inc-1"))
            // Later ones may take it over in turn, each from the one before: the chain says so.
            #expect(kept.resumedFrom?.count == winners.count && winners.contains(kept.runUID))
            #expect(try await ledger.resume(Self.entry(kept.runUID)) == kept)
            let late = await failure(ArchiveError.self) {
                try await ledger.finish(Self.entry("a"), .succeeded, at: someDate)
            }
            #expect(late?.code == .tokenTaken)
        }
    }

    @Test("A token that has ended stays as it ended")
    func finish() async throws {
        try await withFolderStore { store, _ async throws in
            let ledger = Ledger(store)
            let missing = await failure(ArchiveError.self) {
                try await ledger.finish(Self.entry("a"), .failed, at: someDate)
            }
            #expect(missing?.code == .missing)
            _ = try await ledger.begin(Self.entry("a"))
            try await ledger.finish(Self.entry("a"), .failed, at: someDate + 60)
            try await ledger.finish(Self.entry("a"), .succeeded, at: someDate + 90)
            let kept = try #require(try await ledger.entry(namespace: "ns", plan: "plan", token: "inc-1"))
            #expect(kept.state == .failed && kept.finishedAt == someDate + 60)
            #expect(try await ledger.begin(Self.entry("b")) == .taken(kept))
            let error = await failure(ArchiveError.self) { _ = try await ledger.resume(Self.entry("b")) }
            #expect(error?.code == .tokenTaken && error?.message.contains("Failed") == true)
        }
    }

    @Test("An entry that cannot be read is not taken for a free token")
    func damaged() async throws {
        try await withFolderStore { store, _ async throws in
            let key = BucketLayout.ledger(namespace: "ns", plan: "plan", token: "inc-1")
            _ = try await store.put(key, Array("{".utf8), .none)
            let error = await failure(ArchiveError.self) { _ = try await Ledger(store).begin(Self.entry("a")) }
            #expect(error?.code == .corrupt && error?.key == key)
        }
    }

    /// It is built beside the tests.
    private func toolPath() throws -> String {
        var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        for candidate in [folder] + Bundle.allBundles.map({ $0.bundleURL.deletingLastPathComponent() }) {
            folder = candidate
            for _ in 0..<4 {
                let path = folder.appending(path: "store-tool").path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
                folder.deleteLastPathComponent()
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
