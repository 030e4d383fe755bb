import Foundation
import Processes
import Testing

/// An sshd of its own on loopback that lets one key in, as the user that runs the tests, for the time of a call.
struct SSHServer: Sendable {
    let folder: URL
    let port: Int
    /// Private keys in OpenSSH's format: one that may log in, and one that may not.
    let key: String
    let strangerKey: String
    /// A line of known_hosts with the server's own key, and one with another.
    let knownHosts: String
    let otherKnownHosts: String

    static func with<R: Sendable>(_ body: @escaping @Sendable (SSHServer) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-sshd-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        // Where an sshd of root drops its rights; Debian makes it when its service starts.
        if geteuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        func generate(_ name: String) async throws -> (key: String, open: String) {
            let path = folder.appending(path: name).path
            try await runChild(Command("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]))
            return (
                try String(contentsOfFile: path, encoding: .utf8),
                try String(contentsOfFile: path + ".pub", encoding: .utf8)
            )
        }
        let (host, other) = (try await generate("host"), try await generate("other"))
        let (user, stranger) = (try await generate("user"), try await generate("stranger"))
        try Data(user.open.utf8).write(to: folder.appending(path: "authorized"))
        let port = try freeLoopbackPort()
        let configuration = """
            ListenAddress 127.0.0.1:\(port)
            HostKey \(folder.path)/host
            AuthorizedKeysFile \(folder.path)/authorized
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password

            """
        let file = folder.appending(path: "sshd_config")
        try Data(configuration.utf8).write(to: file)
        func line(_ open: String) -> String { "[127.0.0.1]:\(port) \(open)" }
        let server = SSHServer(
            folder: folder, port: port, key: user.key, strangerKey: stranger.key, knownHosts: line(host.open),
            otherKnownHosts: line(other.open))
        let command = Command("/usr/sbin/sshd", ["-D", "-e", "-f", file.path], endSignal: .kill, diesWithParent: .kill)
        return try await withServer(command) { child in
            while (try? await runChild(Command("ssh-keyscan", ["-p", "\(port)", "127.0.0.1"])))?.isEmpty ?? true {
                if child.hasEnded { throw ProcessError(code: .pipe, program: "sshd", message: child.lastWords) }
                try await Task.sleep(for: .milliseconds(50))
            }
            return try await body(server)
        }
    }

    func url(_ path: String) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)" }
}
