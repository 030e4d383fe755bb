import Foundation
import Processes

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
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "http:https:ssh:file",
            "GIT_OPTIONAL_LOCKS": "0", "GIT_ASKPASS": "/bin/false", "SSH_ASKPASS": "/bin/false",
            // A mirror of another user's repository is read on purpose.
            "GIT_CONFIG_COUNT": "3", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            "GIT_CONFIG_KEY_1": "gc.auto", "GIT_CONFIG_VALUE_1": "0",
            // A transfer that moves less than this for a minute is given up.
            "GIT_CONFIG_KEY_2": "http.lowSpeedTime", "GIT_CONFIG_VALUE_2": "60", "GIT_HTTP_LOW_SPEED_LIMIT": "1",
        ]
        var secrets: [String] = []
        func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
            let path = folder.appending(path: name).path
            guard FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
            else { throw GitError(.diskFull, "\(path) could not be written", isRetriable: true) }
            return path
        }
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
                var command = "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
                command += " -o UserKnownHostsFile='\(try file("known_hosts", remote.knownHosts ?? ""))' -o GlobalKnownHostsFile=/dev/null"
                if let key = remote.sshKey {
                    command += " -o IdentitiesOnly=yes -i '\(try file("key", key.hasSuffix("\n") ? key : key + "\n"))'"
                }
                environment["GIT_SSH_COMMAND"] = command
            }
        }
        self.environment = environment
        self.secrets = secrets
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Throws: ``GitError``.
    @discardableResult
    func run(_ arguments: [String], in repository: URL? = nil, input: String = "", limit: Int = 256 << 20) async throws -> String {
        try await explained {
            String(decoding: try await runChild(command(arguments, repository), input: Array(input.utf8), limit: limit), as: UTF8.self)
        }
    }

    /// Gives what git writes to `sink`, piece by piece.
    func stream(
        _ arguments: [String], in repository: URL, input: String, into sink: @escaping @Sendable ([UInt8]) async throws -> Void
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
        Command("git", (repository.map { ["--git-dir", $0.path] } ?? []) + arguments, environment: environment)
    }

    private func explained<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as ProcessError { throw GitError(error, secrets: secrets) }
    }
}
