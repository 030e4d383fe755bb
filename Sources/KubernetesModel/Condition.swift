public import Foundation

/// `metav1.Condition`.
public struct Condition: Codable, Sendable, Hashable {
    public enum Status: String, Codable, Sendable, Hashable {
        case `true` = "True"
        case `false` = "False"
        case unknown = "Unknown"
    }

    public var type: String
    public var status: Status
    public var observedGeneration: Int64?
    /// When `status` last changed; never moved by a change of reason or message alone.
    public var lastTransitionTime: Date
    /// A CamelCase word for programs.
    public var reason: String
    /// A sentence for people; may be empty.
    public var message: String

    public init(
        type: String, status: Status, observedGeneration: Int64? = nil, lastTransitionTime: Date, reason: String,
        message: String
    ) {
        self.type = type
        self.status = status
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
        self.reason = reason
        self.message = message
    }
}

extension [Condition] {
    public subscript(type: String) -> Condition? { first { $0.type == type } }

    public func isTrue(_ type: String) -> Bool { self[type]?.status == .true }

    /// Sets a condition in place. The transition time moves only when the status changes (API conventions), so that
    /// writing the same truth again is no change at all.
    public mutating func set(
        _ type: String, _ status: Condition.Status, reason: String, message: String, generation: Int64?, now: Date
    ) {
        // Kubernetes keeps whole seconds: a finer time would differ from what comes back.
        let time = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
        var new = Condition(
            type: type, status: status, observedGeneration: generation, lastTransitionTime: time, reason: reason,
            message: message)
        if let index = firstIndex(where: { $0.type == type }) {
            if self[index].status == status { new.lastTransitionTime = self[index].lastTransitionTime }
            self[index] = new
        } else {
            append(new)
        }
    }

    public mutating func remove(_ type: String) {
        removeAll { $0.type == type }
    }
}
