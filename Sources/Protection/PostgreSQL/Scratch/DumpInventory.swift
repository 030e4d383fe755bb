public import BackupArchive
import Foundation

/// Which databases a backup holds, and in which artifacts.
public struct DumpInventory: Sendable, Hashable, Codable {
    public struct Database: Sendable, Hashable, Codable {
        /// As the server has it: any text.
        public var name: String
        /// The artifact with its archive: `database-001.dump`.
        public var artifact: String
        public var fingerprint: Fingerprint

        public init(name: String, artifact: String, fingerprint: Fingerprint) {
            self.name = name
            self.artifact = artifact
            self.fingerprint = fingerprint
        }
    }

    /// 2. A backup of one database records its ``Fingerprint`` alone, which has version 1.
    public var version = 2
    public var databases: [Database]

    public init(databases: [Database]) { self.databases = databases }

    /// - Throws: `ArchiveError` with `.corrupt` or `.unknownFormat`.
    public init(_ backup: Manifest) throws {
        struct Version: Decodable { var version: Int }
        let data = Data(backup.record.fingerprint.utf8)
        do {
            switch try JSONDecoder().decode(Version.self, from: data).version {
            case 1:
                let name = backup.source.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                    .dropFirst().joined()
                databases = [
                    Database(
                        name: name, artifact: PostgreSQLSystem.dumpName,
                        fingerprint: try JSONDecoder().decode(Fingerprint.self, from: data))
                ]
            case 2: self = try JSONDecoder().decode(DumpInventory.self, from: data)
            case let version:
                throw BackupArchive.ArchiveError(
                    .unknownFormat, key: backup.backup,
                    "the manifest's fingerprint has version \(version), which this release does not know")
            }
        } catch let error as DecodingError {
            throw BackupArchive.ArchiveError(
                .corrupt, key: backup.backup, "the manifest's fingerprint cannot be read: \(error)")
        }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
