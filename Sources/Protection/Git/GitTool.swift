import Foundation
import Processes
import Synchronization

/// Runs git for one remote. Nothing of the machine's or the user's configuration takes part, and no secret is an argument:
/// git asks a helper for them, which reads files that only this user may read.
struct GitTool: Sendable {
    private let environment: [String: String]
    private let secrets: [String]
    /// Holds the helper and the credentials; removed with ``remove()``.
    private let folder: URL

    /// - Parameter folder: A private place for this tool's files; made here.
    init(_ remote: GitRemote?, folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var environment = [
            "LC_ALL": "C", "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "http:https:ssh:file",
            "GIT_OPTIONAL_LOCKS": "0", "GIT_ASKPASS": "/bin/false", "SSH_ASKPASS": "/bin/false",
        ]
        var secrets: [String] = []
        func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
            let path = folder.appending(path: name).path
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
            else { throw GitError(.diskFull, "\(path) could not be written", isRetriable: true) }
            return path
        }
        // Before 2.32 git knows no GIT_CONFIG_GLOBAL, and finds the file by its name in HOME.
        environment["GIT_CONFIG_GLOBAL"] = try file(".gitconfig", Self.configuration)
        if let remote {
            if let password = remote.password {
                secrets.append(password)
                environment["DR_GIT_USER"] = try file("user", remote.username ?? "git")
                environment["DR_GIT_PASSWORD"] = try file("password", password)
                environment["GIT_ASKPASS"] = try file(
                    "askpass",
                    """
                    #!/bin/sh
                    case "$1" in
                    Username*) exec cat "$DR_GIT_USER" ;;
                    *) exec cat "$DR_GIT_PASSWORD" ;;
                    esac

                    """, mode: 0o700)
            }
            if let authorities = remote.certificateAuthorities {
                environment["GIT_SSL_CAINFO"] = try file("ca.crt", authorities)
            }
            if try remote.transport() == .ssh {
                // The folder's path is ours and has no character that a shell would read.
                var command =
                    "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
                command +=
                    " -o UserKnownHostsFile='\(try file("known_hosts", remote.knownHosts ?? ""))' -o GlobalKnownHostsFile=/dev/null"
                if let key = remote.sshKey {
                    command += " -o IdentitiesOnly=yes -i '\(try file("key", key.hasSuffix("\n") ? key : key + "\n"))'"
                }
                environment["GIT_SSH_COMMAND"] = command
            }
        }
        self.environment = environment
        self.secrets = secrets
    }

    /// In a file, since git takes settings of the environment away from what it starts for a repository on this machine:
    /// there another git looks whose the repository is.
    private static let configuration =
        """
        [safe]
        \tdirectory = *
        [gc]
        \tauto = 0
        [http]
        \tlowSpeedLimit = 1
        \tlowSpeedTime = 60
        [fsck]
        \(toleratedDefects.map { "\t\($0) = warn\n" }.joined())
        """

    /// What old tools wrote, and what every clone takes all the same. Nothing of it keeps an object from being read. All are
    /// known to git 2.30, which refuses names that it does not know.
    private static let toleratedDefects = [
        "badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "duplicateEntries", "missingAuthor",
        "missingCommitter",
        "missingEmail", "missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail",
        "missingTagEntry", "multipleAuthors",
        "treeNotSorted", "zeroPaddedDate", "gitmodulesBlob", "gitmodulesLarge", "gitmodulesName", "gitmodulesPath",
        "gitmodulesSymlink",
        "gitmodulesUpdate", "gitmodulesUrl",
    ]

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Throws: ``GitError``.
    @discardableResult
    func run(_ arguments: [String], in repository: URL? = nil, input: String = "", limit: Int = 256 << 20) async throws
        -> String
    {
        try await explained {
            String(
                decoding: try await runChild(command(arguments, repository), input: Array(input.utf8), limit: limit),
                as: UTF8.self)
        }
    }

    /// Runs git for what it says beside its answer.
    func complaints(_ arguments: [String], in repository: URL) async throws -> String {
        let text = try await explained { try await Processes.complaints(of: command(arguments, repository)) }
        return hidden(text)
    }

    /// Runs git where its answer tells more of a failure than its end.
    func attempt(_ arguments: [String], in repository: URL) async throws -> (output: String, failure: GitError?) {
        let output = Mutex<[UInt8]>([])
        var failure: GitError?
        do {
            try await withChild(command(arguments, repository)) { streams in
                streams.input.close()
                while true {
                    let piece = try await streams.output.read(upTo: 64 << 10)
                    if piece.isEmpty { break }
                    output.withLock { $0 += piece }
                }
            }
        } catch let error as ProcessError { failure = GitError(error, secrets: secrets) }
        return (hidden(String(decoding: output.withLock { $0 }, as: UTF8.self)), failure)
    }

    private func hidden(_ text: String) -> String {
        secrets.filter { !$0.isEmpty }.reduce(text) { $0.replacing($1, with: "[hidden]") }
    }

    /// Gives what git writes to `sink`, piece by piece.
    func stream(
        _ arguments: [String], in repository: URL, input: String,
        into sink: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await explained {
            try await withChild(command(arguments, repository)) { streams in
                async let feeding: Void = {
                    try? await streams.input.write(Array(input.utf8))
                    streams.input.close()
                }()
                while true {
                    let piece = try await streams.output.readFully(1 << 20)
                    if piece.isEmpty { break }
                    try await sink(piece)
                }
                await feeding
            }
        }
    }

    private func command(_ arguments: [String], _ repository: URL?) -> Command {
        // A git that outlived us would hold locks that the next attempt takes for a dead one's. On this signal it removes
        // them. Its helper for http touches no ref, and ends when it next writes to it, or after the minute of lowSpeedTime.
        Command(
            "git", (repository.map { ["--git-dir", $0.path] } ?? []) + arguments, environment: environment,
            diesWithParent: .terminate)
    }

    private func explained<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as ProcessError { throw GitError(error, secrets: secrets) }
    }
}
