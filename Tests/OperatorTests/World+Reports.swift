import Foundation

/// What people read: conditions and events.
extension World {
    struct Event: Sendable, Hashable, CustomStringConvertible {
        var object: String
        var type: String
        var reason: String
        var message: String
        var description: String { "\(type) \(reason) \(object): \(message)" }
    }

    func events() async throws -> [Event] {
        let text = try await kubectl(
            "get", "events", "-o",
            #"jsonpath={range .items[*]}{.involvedObject.kind}/{.involvedObject.name}{"\u001f"}{.type}{"\u001f"}{.reason}{"\u001f"}{.message}{"\u001e"}{end}"#
        )
        return text.split(separator: "\u{1e}").compactMap { line in
            let parts = line.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
            return parts.count == 4 ? Event(object: parts[0], type: parts[1], reason: parts[2], message: parts[3]) : nil
        }
    }

    /// Waits for a warning about an object that contains all of these.
    func waitForWarning(_ object: String, _ words: [String]) async throws {
        try await eventually("a warning about \(object) with \(words)") {
            let all = try await events().filter { $0.object == object }
            return all.contains { event in event.type == "Warning" && words.allSatisfy { event.message.contains($0) } }
                ? nil : "\(all)"
        }
    }

    /// Waits until Ready is False for a reason, and says all of these.
    func waitForComplaint(_ object: String, reason: String? = nil, _ words: [String]) async throws {
        try await eventually("\(object) is not ready: \(reason ?? "") \(words)") {
            let path = #".status.conditions[?(@.type=="Ready")]"#
            let status = try await field(object, path + ".status")
            let found = try await field(object, path + ".reason")
            let message = try await field(object, path + ".message")
            let isIt = status == "False" && (reason == nil || found == reason) && words.allSatisfy(message.contains)
            return isIt ? nil : "\(status) \(found): \(message)"
        }
    }
}
