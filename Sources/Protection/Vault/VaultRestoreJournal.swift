import Foundation

/// What a restore under way has done, kept where a kill does not reach it. Its `initialisation` is a secret: the keys of the
/// new server until the backup's own take their place.
public struct VaultRestoreState: Codable, Sendable, Hashable, CustomStringConvertible {
    public enum Phase: String, Codable, Sendable, Hashable {
        /// The server was initialised by this restore, with keys that are thrown away.
        case initialised
        /// The mark is on the server and the snapshot is on its way; nobody knows whether it arrived.
        case restoring
        /// The server has the snapshot.
        case restored
        /// It was checked too. Nothing follows: whoever comes later only looks whether it is still the same server.
        case done
    }

    var phase: Phase
    /// The backup that is restored.
    var backup: String
    var initialisation: VaultClient.Initialisation?
    /// The cluster that the server was before.
    var clusterBefore: String?
    /// What was checked, once it is done.
    var notes: [String]?

    /// Whether it is over: then it holds no secret any more.
    public var isDone: Bool { phase == .done }

    public var description: String { "a restore of \(backup), \(phase.rawValue)" }
}

/// Keeps the state of one restore.
public protocol VaultRestoreJournal: Sendable {
    func load() async throws -> VaultRestoreState?
    /// Returns when a kill cannot lose it. A state that is done is kept as well: who comes after a kill and finds none would
    /// put the snapshot in again, over all that was written since.
    func save(_ state: VaultRestoreState) async throws
}

/// What comes next, decided from what is known.
enum VaultRestoreMove: Hashable {
    case initialise
    /// With the keys that are thrown away.
    case unsealNew
    /// With the keys of the backup.
    case unsealOriginal
    /// Either of the two: the backup's first.
    case unsealEither
    case upload
    /// Whether the snapshot arrived is told by the mark.
    case findOut
    case check
    case refuse(VaultError)

    /// - Parameter mayInitialise: The step's `initialise`.
    static func next(
        _ status: SealStatus, _ state: VaultRestoreState?, backup: VaultFingerprint, mayInitialise: Bool
    ) -> VaultRestoreMove {
        guard status.isInitialised else {
            guard mayInitialise else {
                return .refuse(
                    VaultError(
                        .uninitialised, "the server is not initialised", field: "restoreVault.initialise",
                        mend:
                            "set it to true to let the restore initialise it, or initialise it with \(backup.seal.shares) shares and a threshold of \(backup.seal.threshold)"
                    ))
            }
            return .initialise
        }
        switch (state?.phase, status.isSealed) {
        case (nil, true): return .unsealOriginal
        case (.initialised, true): return .unsealNew
        case (.restoring, true): return .unsealEither
        case (.restored, true), (.done, true): return .unsealOriginal
        case (nil, false), (.initialised, false): return .upload
        case (.restored, false), (.done, false): return .check
        case (.restoring, false):
            // Another cluster than before, and the backup's: it arrived.
            if status.clusterID == backup.cluster.id, let before = state?.clusterBefore, before != backup.cluster.id {
                return .check
            }
            return .findOut
        }
    }
}
