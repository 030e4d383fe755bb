import BackupArchive
import Foundation
import GitProtection
import ObjectStore
import Testing

@Suite struct GitSSHTests {
    @Test func `Over ssh a repository is backed up and restored with a key, and each refusal is told apart without it`()
        async throws
    {
        try await Vault.with { vault in
            _ = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            _ = try await vault.server.make("target.git")
            let folder = vault.server.folder.path
            try await SSHServer.with { sshd in
                func remote(_ name: String, key: String? = nil, known: String? = nil) -> GitRemote {
                    GitRemote(
                        url: sshd.url("\(folder)/\(name)"), sshKey: key ?? sshd.key,
                        knownHosts: known ?? sshd.knownHosts)
                }
                func backUp(_ remote: GitRemote, _ name: String) async throws -> Manifest {
                    try await vault.backUp(remote, name)
                }
                let manifest = try await backUp(remote("app.git"), "b1")
                _ = try await vault.verify(manifest)
                let report = try await vault.restore(manifest, to: remote("target.git"), .intoEmpty)
                #expect(report.refs == 1 && report.notes.isEmpty)
                #expect(try await vault.server.refs("target.git") == vault.server.refs("app.git"))

                let cases: [(remote: GitRemote, code: GitError.Code, field: String)] = [
                    (remote("app.git", known: sshd.otherKnownHosts), .hostKey, "credentialsSecret"),
                    (remote("app.git", known: ""), .hostKey, "credentialsSecret"),
                    (remote("app.git", key: sshd.strangerKey), .authenticationFailed, "credentialsSecret"),
                    (remote("app.git", key: "no key at all c4nary"), .authenticationFailed, "credentialsSecret"),
                    (remote("none.git"), .noRepository, "url"),
                ]
                for wrong in cases {
                    let error = await #expect(throws: GitError.self) { try await backUp(wrong.remote, "wrong") }
                    #expect(error?.code == wrong.code && error?.field == wrong.field, "\(String(describing: error))")
                    #expect(error?.mend != nil)
                    let text = error?.description ?? ""
                    #expect(!text.contains("c4nary"))
                    for line in (sshd.key + sshd.strangerKey).split(separator: "\n") {
                        #expect(!text.contains(line), "\(text)")
                    }
                }
                // No key stands in a file of ours when it is over.
                let files = FileManager.default.enumerator(at: vault.folder, includingPropertiesForKeys: nil)
                while let file = files?.nextObject() as? URL {
                    guard let data = try? Data(contentsOf: file) else { continue }
                    #expect(data.range(of: Data("OPENSSH PRIVATE KEY".utf8)) == nil, "\(file.path)")
                }
            }
        }
    }
}
