import BackupArchive
import Foundation
import KubernetesModel

/// A login: the token, and what a person should know of it.
struct VaultSession: Sendable {
    let client: VaultClient
    var warnings: [String] = []
    /// When it ends, where a person must see to that.
    var credential: BackupRecord.Credential?
    /// The token may look at itself, so that it is known to be valid.
    var isKnown = true
    /// A token that was got for this session alone goes with it.
    private var isOwn = false

    private init(client: VaultClient, warnings: [String] = [], isOwn: Bool = false) {
        self.client = client
        self.warnings = warnings
        self.isOwn = isOwn
    }

    static let soon: Int64 = 24 * 3600

    /// Logs in, looks at the token, and renews it where it can be.
    static func with<R>(
        _ server: VaultServer, now: @escaping @Sendable () -> Date = { Date() },
        _ body: (VaultSession) async throws -> R
    ) async throws -> R {
        try await VaultClient.with(server) { client in
            do {
                let session = try await open(server, client, now: now)
                do {
                    let result = try await body(session)
                    await session.close()
                    return result
                } catch {
                    await session.close()
                    if let error = error as? VaultError, error.code == .forbidden, !session.isKnown {
                        throw error.orInvalidToken
                    }
                    throw error
                }
            } catch let error as VaultError { throw error.about(server.login) }
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
        case .token, .tokenFile, .kubernetes:
            // A sealed server refuses every token; that is not the token's fault.
            let status = try await client.sealStatus()
            guard status.isInitialised else { throw VaultError.uninitialised }
            guard !status.isSealed else { throw VaultError.sealed }
        case .none: break
        }
        switch server.login {
        case .none: return VaultSession(client: client)
        case .kubernetes(let role, let mount, let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw VaultError(
                    .tokenInvalid, "the service account's token \(path) cannot be read",
                    field: "kubernetesAuth.tokenPath",
                    mend: "name its file, or use tokenSecret where dr does not run in a cluster")
            }
            let jwt = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            let answer: JSON
            do {
                answer = try await client.call(
                    "POST", "auth/\(mount.escapedVaultPath)/login", ["role": .string(role), "jwt": .string(jwt)])
            } catch let error as VaultError
                where error.code == .forbidden || error.code == .serverError && !error.isRetriable
            {
                throw VaultError(
                    .tokenInvalid, "the login as the role \"\(role)\" at auth/\(mount) was refused",
                    field: "kubernetesAuth",
                    mend: "check role and mount, and that the role is bound to dr's service account")
            }
            guard let token = answer["auth"]?["client_token"]?.string else {
                throw VaultError(
                    .malformedAnswer, "the login gave no token", field: "kubernetesAuth", mend: "check the mount")
            }
            return VaultSession(client: client.with(token: token), isOwn: true)
        case .tokenFile(let path):
            // Whoever writes the file renews it.
            guard let data = FileManager.default.contents(atPath: path) else {
                throw VaultError(
                    .tokenInvalid, "the file \(path) cannot be read", field: "tokenFile",
                    mend: "let the agent write it there, or use tokenSecret")
            }
            let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            var session = try await watched(client.with(token: text), now: now(), isRenewedHere: false)
            (session.warnings, session.credential) = ([], nil)
            return session
        case .token(let text):
            return try await watched(
                client.with(token: text.trimmingCharacters(in: .whitespacesAndNewlines)), now: now())
        }
    }

    /// Renews the token and says when it will not last.
    private static func watched(_ client: VaultClient, now: Date, isRenewedHere: Bool = true) async throws
        -> VaultSession
    {
        var session = VaultSession(client: client)
        var state: TokenState
        do { state = TokenState(try await client.call("GET", "auth/token/lookup-self")["data"] ?? .null) } catch let
            error as VaultError
            where error.code == .forbidden
        {
            // So is a token that is not valid; what it is used for next will tell.
            session.isKnown = false
            session.warnings = [
                "when the token ends is not known: give its policy path \"auth/token/lookup-self\" { capabilities = [\"read\"] }"
            ]
            return session
        }
        if state.isRenewable, isRenewedHere {
            if let answer = try? await client.call("POST", "auth/token/renew-self"),
                let left = answer["auth"]?["lease_duration"]?.integer
            {
                state.secondsLeft = left
                state.wasRenewed = true
            }
        }
        session.warnings = state.warnings(now: now)
        session.credential = state.secondsLeft.map {
            BackupRecord.Credential(endsAt: now.addingTimeInterval(Double($0)), isRenewed: state.wasRenewed)
        }
        return session
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
                result.append(
                    "the token was renewed and still ends at \(time): its period is too short, or its longest time is nearly over; \(mend)"
                )
            } else {
                result.append(
                    "the token ends at \(time) and \(isRenewable ? "its renewal was refused" : "cannot be renewed"); \(mend)"
                )
            }
        }
        if let usesLeft { result.append("the token may be used only \(usesLeft) more times; \(mend)") }
        return result
    }
}
