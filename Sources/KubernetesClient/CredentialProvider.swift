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
    /// `ExecCredential.spec.cluster`, for plugins that ask for it.
    private let cluster: JSON
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let wallClock: @Sendable () -> Date
    private var current: Authorization?
    private var expires: Date?
    /// A plugin runs once at a time: whoever comes meanwhile waits for its answer.
    private var refresh: SharedWork<Authorization>?
    /// A plugin that hangs must not hold up every request for ever.
    private let pluginDeadline: Duration

    /// Tokens of projected volumes are replaced well before they expire; client-go rereads as often.
    static let tokenFileLifetime = Duration.seconds(60)

    init(
        _ credential: ClusterConfiguration.Credential, cluster: JSON = [:],
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> Date = { Date() }, pluginDeadline: Duration = .seconds(60)
    ) {
        self.credential = credential
        self.cluster = cluster
        self.clock = clock
        self.wallClock = wallClock
        self.pluginDeadline = pluginDeadline
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
            let text = try? String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(
                in: .whitespacesAndNewlines)
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
            if let current, expires.map({ $0 > wallClock() }) ?? true { return current }
            return try await run(plugin)
        }
    }

    /// After a 401: forgets what was refused, unless a newer one has been obtained since.
    func refused(_ authorization: Authorization) {
        guard let current, current.header == authorization.header, current.certificate == authorization.certificate
        else {
            return
        }
        self.current = nil
        expires = nil
    }

    private func run(_ plugin: ExecPlugin) async throws -> Authorization {
        while true {
            let shared = refresh ?? SharedWork { try await self.execute(plugin) }
            refresh = shared
            defer { if refresh === shared { refresh = nil } }
            do { return try await shared.value() } catch let error as CancellationError {
                // Those that waited before have gone, and the plugin with them: we have come too late for it.
                if Task.isCancelled { throw error }
            }
        }
    }

    private func execute(_ plugin: ExecPlugin) async throws -> Authorization {
        let location = "exec plugin \(plugin.command)"
        let command = Command(
            plugin.command, plugin.arguments,
            environment: plugin.environment.merging(["KUBERNETES_EXEC_INFO": request(plugin).text]) { first, _ in first
            })
        let output: [UInt8]
        do {
            output = try await Self.limited(pluginDeadline) { try await runChild(command, limit: 1 << 20) }
        } catch let error as ProcessError {
            // What it wrote to standard error is for people; values that it was given are not.
            var message = "\(error)"
            for secret in plugin.environment.values where secret.utf8.count >= 4 {
                message = message.replacing(secret, with: "[redacted]")
            }
            if error.code == .notStarted, let hint = plugin.installHint { message += " \(hint)" }
            throw ClusterConfigurationError(location: location, message: message)
        }
        let new = try Self.read(output, of: plugin, at: location, now: clock())
        current = new.authorization
        expires = new.expires
        return new.authorization
    }

    private func request(_ plugin: ExecPlugin) -> JSON {
        var spec: JSON = ["interactive": false]
        if plugin.wantsCluster { spec["cluster"] = cluster }
        return ["apiVersion": .string(plugin.apiVersion), "kind": "ExecCredential", "spec": spec]
    }

    /// Reads an `ExecCredential`. Its text is never repeated in an error: it holds the credential.
    static func read(
        _ output: [UInt8], of plugin: ExecPlugin, at location: String, now: ContinuousClock.Instant
    ) throws -> (authorization: Authorization, expires: Date?) {
        func fail(_ message: String) -> ClusterConfigurationError {
            ClusterConfigurationError(location: location, message: message)
        }
        guard let document = try? JSON(parsing: Data(output)), document["kind"]?.string == "ExecCredential" else {
            throw fail("did not print an ExecCredential")
        }
        guard document["apiVersion"]?.string == plugin.apiVersion else {
            throw fail(
                "printed another apiVersion than \(plugin.apiVersion): set exec.apiVersion to what the plugin speaks")
        }
        func text(_ key: String) -> String? { document[path: "status", key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let (token, certificate, key) = (text("token"), text("clientCertificateData"), text("clientKeyData"))
        guard token != nil || certificate != nil else { throw fail("printed neither a token nor a client certificate") }
        guard (certificate == nil) == (key == nil) else {
            throw fail("printed only one of clientCertificateData and clientKeyData")
        }
        var expires: Date?
        if let stamp = text("expirationTimestamp") {
            guard let date = Timestamp.parse(stamp) else {
                throw fail("printed an expirationTimestamp that is not RFC 3339")
            }
            expires = date
        }
        return (
            Authorization(
                header: token.map { "Bearer \($0)" }, obtained: now, certificate: certificate.map { [UInt8]($0.utf8) },
                key: key.map { [UInt8]($0.utf8) }), expires
        )
    }

    private static func limited(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let output = first else {
                throw ProcessError(code: .pipe, program: "the plugin", message: "gave no answer within \(limit)")
            }
            return output
        }
    }
}
