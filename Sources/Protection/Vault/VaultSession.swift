import Foundation
import KubernetesModel

/// A login: the token, and what a person should know of it.
struct VaultSession: Sendable {
    let client: VaultClient
    let warnings: [String]
    /// A token that was got for this session alone goes with it.
    private let isOwn: Bool

    static let soon: Int64 = 24 * 3600

    /// Logs in, looks at the token, and renews it where it can be.
    static func with<R>(
        _ server: VaultServer, now: @escaping @Sendable () -> Date = { Date() }, _ body: (VaultSession) async throws -> R
    ) async throws -> R {
        try await VaultClient.with(server) { client in
            let session = try await open(server, client, now: now)
            do {
                let result = try await body(session)
                await session.close()
                return result
            } catch {
                await session.close()
                throw error
            }
        }
    }

    private func close() async {
        // It ends by its own time to live if this does not reach the server.
        if isOwn { _ = try? await client.call("POST", "auth/token/revoke-self") }
    }

    private static func open(
        _ server: VaultServer, _ client: VaultClient, now: @Sendable () -> Date
    ) async throws -> VaultSession {
        switch server.login {
        case .token, .kubernetes:
            // A sealed server refuses every token; that is not the token's fault.
            let status = try await client.sealStatus()
            guard status.isInitialised else { throw VaultError.uninitialised }
            guard !status.isSealed else { throw VaultError.sealed }
        case .none: break
        }
        switch server.login {
        case .none: return VaultSession(client: client, warnings: [], isOwn: false)
        case .kubernetes(let role, let mount, let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw VaultError(
                    .tokenInvalid, "the service account's token \(path) cannot be read", field: "kubernetesAuth.tokenPath",
                    mend: "name its file, or use tokenSecret where dr does not run in a cluster")
            }
            let jwt = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            let answer: JSON
            do {
                answer = try await client.call("POST", "auth/\(mount.escapedVaultPath)/login", ["role": .string(role), "jwt": .string(jwt)])
            } catch let error as VaultError where error.code == .forbidden || error.code == .serverError && !error.isRetriable {
                throw VaultError(
                    .tokenInvalid, "the login as the role \"\(role)\" at auth/\(mount) was refused", field: "kubernetesAuth",
                    mend: "check role and mount, and that the role is bound to dr's service account")
            }
            guard let token = answer["auth"]?["client_token"]?.string else {
                throw VaultError(.malformedAnswer, "the login gave no token", field: "kubernetesAuth", mend: "check the mount")
            }
            return VaultSession(client: client.with(token: token), warnings: [], isOwn: true)
        case .token(let text):
            let client = client.with(token: text.trimmingCharacters(in: .whitespacesAndNewlines))
            return VaultSession(client: client, warnings: try await watch(client, now: now()), isOwn: false)
        }
    }

    /// Renews the token and says when it will not last.
    private static func watch(_ client: VaultClient, now: Date) async throws -> [String] {
        var state: TokenState
        do { state = TokenState(try await client.call("GET", "auth/token/lookup-self")["data"] ?? .null) } catch let error as VaultError
        where error.code == .forbidden { throw VaultError.tokenInvalid }
        if state.isRenewable {
            if let answer = try? await client.call("POST", "auth/token/renew-self"), let left = answer["auth"]?["lease_duration"]?.integer {
                state.secondsLeft = left
                state.wasRenewed = true
            }
        }
        return state.warnings(now: now)
    }
}

/// What `auth/token/lookup-self` says of a token's end.
struct TokenState: Sendable, Hashable {
    /// nil: it never ends.
    var secondsLeft: Int64?
    var isRenewable: Bool
    /// nil: any number.
    var usesLeft: Int64?
    var wasRenewed = false

    init(secondsLeft: Int64?, isRenewable: Bool, usesLeft: Int64? = nil, wasRenewed: Bool = false) {
        self.secondsLeft = secondsLeft
        self.isRenewable = isRenewable
        self.usesLeft = usesLeft
        self.wasRenewed = wasRenewed
    }

    init(_ data: JSON) {
        let ends = data["expire_time"]?.string != nil
        secondsLeft = ends ? data["ttl"]?.integer ?? 0 : nil
        isRenewable = ends && data["renewable"]?.bool ?? false
        usesLeft = data["num_uses"]?.integer.flatMap { $0 == 0 ? nil : $0 }
    }

    func warnings(now: Date) -> [String] {
        var result: [String] = []
        let mend = "put a new one into tokenSecret: bao token create -policy=NAME -period=168h"
        if let left = secondsLeft, left < VaultSession.soon {
            let time = now.addingTimeInterval(Double(left)).formatted(.iso8601)
            if wasRenewed {
                result.append("the token was renewed and still ends at \(time): its period is too short, or its longest time is nearly over; \(mend)")
            } else {
                result.append("the token ends at \(time) and \(isRenewable ? "its renewal was refused" : "cannot be renewed"); \(mend)")
            }
        }
        if let usesLeft { result.append("the token may be used only \(usesLeft) more times; \(mend)") }
        return result
    }
}
