import BackupArchive
import Foundation
import GitProtection
import Testing

@Suite struct GitRefusalTests {
    @Test(arguments: [
        ("https://user:secret@example.com/a.git", "credentialsSecret"),
        ("https://token@example.com/a.git", "credentialsSecret"),
        ("ext::sh -c id", "absolute path"), ("--upload-pack=id", "absolute path"),
        ("-oProxyCommand=id", "absolute path"),
        ("relative/path", "absolute path"), ("", "absolute path"), ("ftp://example.com/a", "absolute path"),
        ("-x@host:path", "absolute path"),
    ])
    func `An address that is none, or that holds a secret, is refused before git sees it`(url: String, mend: String)
        async throws
    {
        try await Vault.with { vault in
            let error = try #require(await #expect(throws: GitError.self) { try await vault.backUp(url, "b1") })
            #expect(error.code == .invalidURL && error.field == "url")
            #expect(error.description.contains(mend))
            #expect(!error.description.contains("secret@"))
        }
    }

    @Test func `A wrong password, a missing repository and a dead server are told apart, without the password`()
        async throws
    {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            let wrong = await #expect(throws: GitError.self) {
                try await vault.backUp(url, "b1", password: "c4nary-wrong")
            }
            #expect(wrong?.code == .authenticationFailed && wrong?.field == "credentialsSecret")
            #expect(wrong?.description.contains("c4nary") == false)
            let missing = await #expect(throws: GitError.self) {
                try await vault.backUp("\(vault.server.url)/none.git", "b1")
            }
            #expect(missing?.code == .noRepository)
            let dead = await #expect(throws: GitError.self) { try await vault.backUp("http://127.0.0.1:1/a.git", "b1") }
            #expect(dead?.code == .unreachable && dead?.isRetriable == true)
        }
    }

    enum Damage: String, CaseIterable { case missing, flipped, truncated, wrongKey, stale }

    @Test(arguments: Damage.allCases)
    func `Verification says what is wrong with a backup`(damage: Damage) async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", String(repeating: "some text ", count: 2000))
            var manifest = try await vault.backUp(url, "b1")
            let file = vault.folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
            var bytes = try Data(contentsOf: file)
            switch damage {
            case .missing: try FileManager.default.removeItem(at: file)
            case .flipped:
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: file)
            case .truncated: try bytes.dropLast(20).write(to: file)
            case .wrongKey: break
            case .stale:
                // The refs are newer than the bundle.
                try await vault.server.commit("app.git", "newer")
                manifest.record = try await vault.backUp(url, "b2").record
            }
            do {
                _ = try await vault.verify(manifest, wrongKey: damage == .wrongKey)
                Issue.record("a damaged backup was called good")
            } catch let error as ArchiveError {
                let expected: [Damage: ArchiveError.Code] = [
                    .missing: .missing, .flipped: .corrupt, .truncated: .truncated, .wrongKey: .wrongKey,
                ]
                #expect(error.code == expected[damage])
            } catch let error as VerificationFailure {
                #expect(damage == .stale, "\(error)")
            }
        }
    }

    @Test func `Submodules and LFS are told of`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit(
                "app.git", file: ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
            let lfs = try await vault.backUp(url, "b1")
            #expect(lfs.record.warnings.contains { $0.contains("LFS") })
            try await vault.server.commit(
                "app.git", file: ".gitmodules",
                "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = https://example.com/lib.git\n")
            #expect(try await vault.backUp(url, "b2").record.warnings.contains { $0.contains("vendor/lib") })
        }
    }

    @Test func `No password stands in a file when a backup is over`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            _ = try await vault.backUp(url, "b1")
            let files = FileManager.default.enumerator(at: vault.folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard let data = try? Data(contentsOf: file) else { continue }
                #expect(data.range(of: Data(GitServer.password.utf8)) == nil, "\(file.path)")
            }
        }
    }
}
