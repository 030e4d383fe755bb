import Foundation
import HTTPTransport
import KubernetesModel
import Processes

/// Gives the `Authorization` header, and knows when to get a new one.
actor CredentialProvider {
    /// What a request was sent with, so that a refusal can be told apart from the refusal of an older one.
    struct Authorization: Sendable, Hashable {
        var header: String?
        var obtained: ContinuousClock.Instant
        /// A plugin may give a client certificate instead of a token.
        var certificate: [UInt8]?
        var key: [UInt8]?
    }

    private let credential: ClusterConfiguration.Credential
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let wallClock: @Sendable () -> Date
    private var current: Authorization?
    private var expires: Date?
    /// A plugin runs once at a time: whoever comes meanwhile waits for its answer.
    private var refresh: Task<Authorization, any Error>?

    /// Tokens of projected volumes are replaced well before they expire; client-go rereads as often.
    static let tokenFileLifetime = Duration.seconds(60)

    init(
        _ credential: ClusterConfiguration.Credential,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.credential = credential
        self.clock = clock
        self.wallClock = wallClock
    }

    func authorization() async throws -> Authorization {
        switch credential {
        case .none: return Authorization(header: nil, obtained: clock())
        case .token(let token): return Authorization(header: "Bearer \(token)", obtained: clock())
        case .basic(let user, let password):
            return Authorization(
                header: "Basic " + Data("\(user):\(password)".utf8).base64EncodedString(), obtained: clock())
        case .tokenFile(let path):
            if let current, clock() - current.obtained < Self.tokenFileLifetime { return current }
            let text = try? String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            if let text, !text.isEmpty {
                current = Authorization(header: "Bearer \(text)", obtained: clock())
            } else if current != nil {
                // The old one may still be good, and is better than none.
                current?.obtained = clock()
            }
            guard let current else {
                throw ClusterConfigurationError(location: path, message: "the token file cannot be read or is empty")
            }
            return current
        case .exec(let plugin):
            if let current, expires.map({ $0 > wallClock().addingTimeInterval(10) }) ?? true { return current }
            return try await run(plugin)
        }
    }

    /// After a 401: forgets what was refused, unless a newer one has been obtained since.
    func refused(_ authorization: Authorization) {
        guard let current, current.obtained <= authorization.obtained else { return }
        self.current = nil
        expires = nil
    }

    private func run(_ plugin: ExecPlugin) async throws -> Authorization {
        if let refresh { return try await refresh.value }
        let task = Task { try await execute(plugin) }
        refresh = task
        defer { refresh = nil }
        return try await task.value
    }

    private func execute(_ plugin: ExecPlugin) async throws -> Authorization {
        let info: JSON = [
            "apiVersion": .string(plugin.apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
        ]
        let output: [UInt8]
        do {
            output = try await runChild(
                Command(
                    plugin.command, plugin.arguments,
                    environment: plugin.environment.merging(["KUBERNETES_EXEC_INFO": info.text]) { first, _ in first }),
                limit: 1 << 20)
        } catch let error as ProcessError {
            let hint = error.code == .notStarted ? plugin.installHint.map { " \($0)" } ?? "" : ""
            throw ClusterConfigurationError(location: "exec plugin \(plugin.command)", message: "\(error)\(hint)")
        }
        guard let status = try? JSON(parsing: Data(output))["status"] else {
            throw ClusterConfigurationError(
                location: "exec plugin \(plugin.command)", message: "did not print an ExecCredential")
        }
        let new = Authorization(
            header: status["token"]?.string.map { "Bearer \($0)" }, obtained: clock(),
            certificate: status["clientCertificateData"]?.string.map { [UInt8]($0.utf8) },
            key: status["clientKeyData"]?.string.map { [UInt8]($0.utf8) })
        current = new
        expires = status["expirationTimestamp"]?.string.flatMap(Timestamp.parse)
        return new
    }
}
