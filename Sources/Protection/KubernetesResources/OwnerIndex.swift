import Foundation
import KubernetesClient
import KubernetesModel

/// Which objects are in a backup, and who controls whom: a ReplicaSet whose Deployment is in the backup is made again by it,
/// and so are its Pods.
struct OwnerIndex: Sendable {
    private var stored: Set<UUID> = []
    private var controllers: [UUID: UUID] = [:]

    /// - Parameter isStored: false for what is looked at only because something in the backup may control others through it.
    mutating func add(_ metadata: JSON, isStored: Bool) {
        guard let uid = Self.uid(metadata["uid"]) else { return }
        if isStored { stored.insert(uid) }
        if let controller = Self.controller(metadata) { controllers[uid] = controller }
    }

    enum Ownership: Sendable, Hashable {
        case none
        /// Something in the backup makes it again.
        case stored
        /// It comes back without its owners.
        case elsewhere
    }

    func ownership(_ metadata: JSON) -> Ownership {
        guard let owners = metadata["ownerReferences"]?.array, !owners.isEmpty else { return .none }
        var next = Self.controller(metadata)
        for _ in 0..<16 {
            guard let uid = next else { break }
            if stored.contains(uid) { return .stored }
            next = controllers[uid]
        }
        return .elsewhere
    }

    private static func controller(_ metadata: JSON) -> UUID? {
        let owner = (metadata["ownerReferences"]?.array ?? []).first { $0["controller"]?.bool == true }
        return uid(owner?["uid"])
    }

    private static func uid(_ text: JSON?) -> UUID? { text?.string.flatMap { UUID(uuidString: $0) } }
}
