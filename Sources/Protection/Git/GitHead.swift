import Foundation

/// The default branch of a repository that was restored. A push does not set it.
struct GitHead: Sendable {
    let remote: GitRemote
    let tool: GitTool

    /// Sets it where the repository is a folder that is seen from here.
    /// - Parameter wanted: nil: the backup's was none or detached.
    /// - Returns: What is left for a person to do.
    func settle(_ wanted: String?) async throws -> [String] {
        guard let wanted else { return [] }
        if let folder = try localFolder() {
            let found = try? await tool.run(["symbolic-ref", "--quiet", "HEAD"], in: folder).trimmingCharacters(
                in: .whitespacesAndNewlines)
            if found == wanted { return [] }
            try await tool.run(["symbolic-ref", "HEAD", wanted], in: folder)
            return found.map { ["its HEAD is \(wanted) again, and was \($0)"] } ?? []
        }
        // Nothing is told of a HEAD that leads to no commit.
        let answer = try await tool.run(["ls-remote", "--symref", "--", remote.url, "HEAD"])
        let found = answer.split(separator: "\n").first { $0.hasPrefix("ref: ") }?.dropFirst(5).split(
            whereSeparator: \.isWhitespace
        ).first
        if found.map(String.init) == wanted { return [] }
        let name = wanted.hasPrefix("refs/heads/") ? String(wanted.dropFirst("refs/heads/".count)) : wanted
        return [
            "the server's default branch is \(found.map { "\($0)" } ?? "none that is there") instead of \(wanted): set it to \(name) in the server's settings"
        ]
    }

    /// The bare repository, or the one in a work tree.
    private func localFolder() throws -> URL? {
        guard try remote.transport() == .path else { return nil }
        let isURL = !remote.url.hasPrefix("/")
        let path = isURL ? (URL(string: remote.url)?.path ?? String(remote.url.dropFirst("file://".count))) : remote.url
        // As git looks for it.
        let places = ["\(path)/.git", path, "\(path).git/.git", "\(path).git"]
        return places.first { FileManager.default.fileExists(atPath: "\($0)/HEAD") }.map {
            URL(filePath: $0, directoryHint: .isDirectory)
        }
    }
}
