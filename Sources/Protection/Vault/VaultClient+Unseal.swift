import Foundation
import KubernetesModel

extension VaultClient {
    /// Gives keys until the server is unsealed. What was given by others before is thrown away first: theirs may be wrong.
    ///
    /// - Throws: ``VaultError`` with `.unsealKeys` when they do not open it.
    func unseal(_ keys: UnsealKeys) async throws {
        let status = try await sealStatus()
        guard status.isInitialised else { throw VaultError.uninitialised }
        guard status.isSealed else { return }
        guard status.type == "shamir" else {
            throw VaultError(
                .sealed, "the server is sealed by \(status.type), which no unseal key opens", field: "address",
                mend: "let it reach its \(status.type) key; it then unseals itself", isRetriable: true)
        }
        guard keys.keys.count >= status.threshold else {
            throw VaultError(
                .unsealKeys, "\(keys.keys.count) unseal keys are given, the server asks for \(status.threshold)",
                field: "unsealKeysSecret",
                mend: "add the missing ones")
        }
        try await call("POST", "sys/unseal", ["reset": true])
        for key in keys.keys.prefix(status.threshold) {
            let answer: JSON
            do { answer = try await call("POST", "sys/unseal", ["key": .string(key)]) } catch let error as VaultError
                where error.code == .serverError && !error.isRetriable
            {
                // 400 is always about the keys here; the server's words about it may hold nothing else of use.
                throw VaultError(
                    .unsealKeys, "the unseal keys do not open this server", field: "unsealKeysSecret",
                    mend: "give those of the cluster that its storage is of")
            }
            if answer["sealed"]?.bool == false { return }
        }
        guard try await !sealStatus().isSealed else {
            throw VaultError(
                .unsealKeys, "the server is still sealed after \(status.threshold) keys", field: "unsealKeysSecret",
                mend: "check that they are different and of this cluster")
        }
    }

    /// What a new server says once and never again.
    struct Initialisation: Codable, Sendable, Hashable, CustomStringConvertible {
        var keys: [String]
        var token: String
        var description: String { "the keys of a new server" }
    }

    func initialise(shares: Int, threshold: Int) async throws -> Initialisation {
        let answer = try await call(
            "PUT", "sys/init",
            ["secret_shares": .integer(Int64(shares)), "secret_threshold": .integer(Int64(threshold))])
        guard let keys = answer["keys_base64"]?.array?.compactMap(\.string), !keys.isEmpty,
            let token = answer["root_token"]?.string
        else {
            throw VaultError(
                .malformedAnswer, "sys/init gave no keys", field: "address",
                mend: "check that it is a Vault's or OpenBao's address")
        }
        return Initialisation(keys: keys, token: token)
    }

    /// A root token from the unseal keys, for a server of our own.
    func generateRootToken(_ keys: UnsealKeys, threshold: Int) async throws -> String {
        // OpenBao's name for it since 2.5, then Vault's.
        var path = "sys/generate-root-token"
        let attempt: JSON
        do { attempt = try await call("PUT", "\(path)/attempt", [:]) } catch let error as VaultError
            where !error.isRetriable
        {
            path = "sys/generate-root"
            attempt = try await call("PUT", "\(path)/attempt", [:])
        }
        guard let nonce = attempt["nonce"]?.string, let pad = attempt["otp"]?.string else {
            throw VaultError(.malformedAnswer, "sys/generate-root gave no nonce")
        }
        for key in keys.keys.prefix(threshold) {
            let answer = try await call("PUT", "\(path)/update", ["key": .string(key), "nonce": .string(nonce)])
            guard answer["complete"]?.bool == true else { continue }
            guard let text = answer["encoded_token"]?.string ?? answer["encoded_root_token"]?.string,
                let bytes = Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)),
                bytes.count == pad.utf8.count
            else { break }
            return String(decoding: zip(bytes, pad.utf8).map { $0 ^ $1 }, as: UTF8.self)
        }
        throw VaultError(.malformedAnswer, "sys/generate-root gave no token")
    }

    /// Waits until this node is unsealed and active, or a standby of one that stays active: right after its start a node
    /// names the leader that it had before.
    func waitUntilActive(for time: Duration = .seconds(120)) async throws {
        let deadline = ContinuousClock.now + time
        var standbySince: ContinuousClock.Instant?
        while true {
            do {
                let status = try await sealStatus()
                if status.isSealed { throw VaultError.sealed }
                if status.clusterID != nil {
                    let role = try await role()
                    if role == .active { return }
                    standbySince = role == .standby ? standbySince ?? .now : nil
                    if let standbySince, ContinuousClock.now - standbySince > .seconds(10) { return }
                }
            } catch let error as VaultError where error.code != .sealed && error.isRetriable {
                guard ContinuousClock.now < deadline else { throw error }
            }
            guard ContinuousClock.now < deadline else {
                throw VaultError(
                    .standby, "no node became active", field: "address", mend: "look at the server's log",
                    isRetriable: true)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
