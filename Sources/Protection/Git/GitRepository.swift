import Foundation

/// A bare repository on this machine.
struct GitRepository: Sendable {
    let folder: URL
    let tool: GitTool

    /// Reads where all refs point.
    func fingerprint() async throws -> GitFingerprint {
        let lines = try await tool.run(["for-each-ref", "--format=%(objectname) %(refname)"], in: folder)
        var refs: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { refs[String(parts[1])] = String(parts[0]) }
        }
        let head = try? await tool.run(["symbolic-ref", "--quiet", "HEAD"], in: folder)
        var newest: Date?
        if !refs.isEmpty {
            let time = try await tool.run(["log", "--all", "--date-order", "-1", "--format=%ct"], in: folder)
            newest = Double(time.trimmingCharacters(in: .whitespacesAndNewlines)).map(Date.init(timeIntervalSince1970:))
        }
        return GitFingerprint(
            head: head?.trimmingCharacters(in: .whitespacesAndNewlines), refs: refs, newestCommit: newest)
    }

    /// Makes the refs be exactly these: an unbundled backup has the objects, and this says what pointed to them.
    func setRefs(_ wanted: GitFingerprint) async throws {
        let present = try await fingerprint().refs
        var commands = ""
        for (name, object) in wanted.refs.sorted(by: { $0.key < $1.key }) { commands += "update \(name) \(object)\n" }
        for name in present.keys where wanted.refs[name] == nil { commands += "delete \(name)\n" }
        if !commands.isEmpty { try await tool.run(["update-ref", "--stdin"], in: folder, input: commands) }
        if let head = wanted.head { try await tool.run(["symbolic-ref", "HEAD", head], in: folder) }
    }

    /// Which of these objects are here.
    func existing(_ objects: Set<String>) async throws -> Set<String> {
        guard !objects.isEmpty else { return [] }
        let answer = try await tool.run(
            ["cat-file", "--batch-check=%(objectname) %(objecttype)"], in: folder,
            input: objects.sorted().joined(separator: "\n") + "\n")
        return Set(
            answer.split(separator: "\n").filter { !$0.hasSuffix(" missing") }.compactMap {
                $0.split(separator: " ").first.map(String.init)
            })
    }

    /// - Returns: Warnings: what old tools wrote otherwise than git does, which every clone takes all the same.
    /// - Throws: ``GitError`` with `.damaged`.
    @discardableResult
    func check(full: Bool) async throws -> [String] {
        do {
            let text = try await tool.complaints(
                ["fsck", "--no-progress", "--no-dangling"] + (full ? ["--full"] : ["--connectivity-only"]), in: folder)
            return Self.defects(text)
        } catch let error as GitError where ![.toolMissing, .diskFull].contains(error.code) {
            throw GitError(
                .damaged, "git fsck: \(error.message)", field: "url",
                mend: "repair the repository, or restore it from an older backup")
        }
    }

    /// Of lines like `warning in commit 1f0c…: missingSpaceBeforeDate: invalid author/committer line`. Only the last of many
    /// were heard, so they are not counted.
    static func defects(_ text: String) -> [String] {
        var kinds: [String: Substring] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("warning in ") {
            let parts = line.split(separator: ": ", maxSplits: 2)
            if parts.count > 1, kinds[String(parts[1])] == nil {
                kinds[String(parts[1])] = parts[0].dropFirst("warning in ".count)
            }
        }
        guard !kinds.isEmpty else { return [] }
        let all = kinds.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        return ["the history has objects that git would write otherwise and takes all the same: \(all)"]
    }

    /// What a bundle leaves out, for the warnings of the backup.
    func omissions() async throws -> [String] {
        var warnings: [String] = []
        let modules =
            (try? await tool.run(["config", "--blob", "HEAD:.gitmodules", "--get-regexp", "\\.path$"], in: folder))
            ?? ""
        let paths = modules.split(separator: "\n").compactMap { $0.split(separator: " ", maxSplits: 1).last }
        if !paths.isEmpty {
            warnings.append(
                "submodules are repositories of their own and not part of this backup: \(paths.prefix(10).joined(separator: ", "))"
            )
        }
        let attributes =
            (try? await tool.run(
                ["grep", "-l", "-e", "filter=lfs", "HEAD", "--", ".gitattributes", "**/.gitattributes"], in: folder))
            ?? ""
        if !attributes.isEmpty {
            warnings.append(
                "files kept in Git LFS are not part of this backup: only their pointers are; back the LFS store up too")
        }
        return warnings
    }
}
