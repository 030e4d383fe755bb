public import BackupArchive
import Foundation

/// Unseal keys as `operator init` gave them, base64 or hexadecimal.
public struct UnsealKeys: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Each key once, in the given order.
    let keys: [String]

    /// Never the keys.
    public var description: String { "\(keys.count) unseal keys" }
    public var customMirror: Mirror { Mirror(self, children: ["count": keys.count]) }

    init(keys: [String]) { self.keys = keys }

    /// - Parameter texts: The Secret's values, in the order of their keys; each may hold several keys, one a line.
    /// - Throws: ``VaultError`` with `.unsealKeys`, which says which one is no key, and not what it is.
    public init(_ texts: [String]) throws(VaultError) {
        var found: [String] = []
        var seen: Set<[UInt8]> = []
        let lines = texts.flatMap { $0.split { $0.isNewline || $0 == "," } }.map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
        for (index, line) in lines.enumerated() {
            guard let bytes = Self.bytes(line) else {
                throw VaultError(
                    .unsealKeys,
                    "the unseal key number \(index + 1) is neither base64 nor hexadecimal of 16 to 33 bytes",
                    field: "unsealKeysSecret",
                    mend: "give the keys as operator init printed them, one a line or one a key of the Secret")
            }
            if seen.insert(bytes).inserted { found.append(line) }
        }
        guard !found.isEmpty else {
            throw VaultError(
                .unsealKeys, "there is no unseal key", field: "unsealKeysSecret",
                mend: "put the keys of operator init into the Secret, one a line")
        }
        keys = found
    }

    /// A share has a byte more than the key it is a part of; where one key opens alone, it is the key.
    private static func bytes(_ text: String) -> [UInt8]? {
        let sizes: Set<Int> = [16, 17, 24, 25, 32, 33]
        if text.count % 2 == 0, text.allSatisfy(\.isHexDigit) {
            let bytes = stride(from: 0, to: text.count, by: 2).compactMap { offset -> UInt8? in
                let start = text.index(text.startIndex, offsetBy: offset)
                return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16)
            }
            if sizes.contains(bytes.count) { return bytes }
        }
        guard let data = Data(base64Encoded: text), sizes.contains(data.count) else { return nil }
        return Array(data)
    }

    /// Whether these can open a backup.
    /// - Throws: ``VaultError`` with `.unsealKeys`; `ArchiveError`.
    public func check(against backup: Manifest) throws { try check(for: VaultSystem.fingerprint(of: backup)) }

    /// Before anything is changed: whether these can open what the backup holds.
    func check(for fingerprint: VaultFingerprint) throws(VaultError) {
        guard fingerprint.seal.type == "shamir" else { return }
        guard keys.count >= fingerprint.seal.threshold else {
            throw VaultError(
                .unsealKeys, "\(keys.count) different unseal keys are given, and \(fingerprint.keysInWords) are needed",
                field: "unsealKeysSecret", mend: "add the missing ones")
        }
        let isShare = keys.allSatisfy { [17, 25, 33].contains(Self.bytes($0)?.count ?? 0) }
        guard isShare == (fingerprint.seal.threshold > 1) else {
            throw VaultError(
                .unsealKeys,
                "the unseal keys are not of a cluster with \(fingerprint.seal.threshold) of \(fingerprint.seal.shares): they have another length",
                field: "unsealKeysSecret", mend: "give \(fingerprint.keysInWords)")
        }
    }
}
