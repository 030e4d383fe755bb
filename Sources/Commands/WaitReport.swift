import KubernetesModel
import RecoveryAPI

/// What a person is told who waits for the operator's work, as a value: nobody should look at a still screen and not know
/// whether anything happens.
struct WaitReport: Sendable {
    /// What was found.
    struct Seen: Sendable, Equatable {
        /// The object's version: it changes whenever anything touches it.
        var version: String
        /// Whether a controller has ever written its status.
        var isTouched: Bool
        /// What it waits for, empty when there is nothing that needs to be said.
        var text: String
    }

    /// What is over sooner needs no words.
    static let patience = Duration.seconds(3)
    /// Nothing has happened for so long: said again after twice the time, and so on.
    static let silence = Duration.seconds(30)

    private var version: String?
    private var lastChange = Duration.zero
    private var shown = ""
    private var nextSilence = Self.silence

    /// - Parameter now: since the waiting began.
    mutating func lines(_ seen: Seen, at now: Duration) -> [String] {
        if seen.version != version {
            // What was there at the beginning did not come to pass just now.
            if version != nil { lastChange = now }
            version = seen.version
            nextSilence = Self.silence
        }
        var lines: [String] = []
        if now >= Self.patience, seen.text != shown {
            shown = seen.text
            if !seen.text.isEmpty { lines.append("waiting: \(seen.text)") }
        }
        let still = now - lastChange
        if still >= nextSilence {
            while nextSilence <= still { nextSilence *= 2 }
            let time = Span.text(seconds: still.components.seconds)
            lines.append(
                seen.isTouched
                    ? "nothing new for \(time)\(seen.text.isEmpty ? "" : ": \(seen.text)")"
                    : "nothing has touched it for \(time): is the operator running, and does it watch this namespace?")
        }
        return lines
    }

    /// The condition that says why something is not done, in words.
    static func text(_ condition: Condition?) -> String {
        guard let condition, condition.status != .true else { return "" }
        return condition.message.isEmpty ? condition.reason : "\(condition.reason): \(condition.message)"
    }
}
