import Cryptography
import PostgreSQLClient

/// The names of the databases of one restore: the same for the same token, different for different ones.
struct RestoreNames: Hashable, Sendable {
    let scratch: String
    let damaged: String

    init(target: String, token: String) {
        let isPlain =
            token.utf8.count <= 24 && !token.isEmpty
            && token.utf8.allSatisfy { $0 == 45 || $0 == 95 || (48...57 ~= $0) || (65...90 ~= $0) || (97...122 ~= $0) }
        let part = isPlain ? token : String(SHA256.hexHash(token).prefix(16))
        func name(_ middle: String) -> String {
            let whole = target + middle + part
            guard whole.utf8.count > PostgresIdentifier.maximumLength else { return whole }
            // Two long names with the same beginning must not meet.
            let digest = String(SHA256.hexHash(target + "\u{0}" + token).prefix(16))
            let end = middle + digest
            return PostgresIdentifier.truncated(target, to: PostgresIdentifier.maximumLength - end.utf8.count) + end
        }
        scratch = name("_restore_")
        damaged = name("_damaged_")
    }
}
