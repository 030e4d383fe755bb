/// How many may pass in a time, as a value: `burst` at once, then `rate` a second (golang.org/x/time/rate's rules, which
/// client-go uses).
public struct TokenBucket<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
    /// Passes a second.
    public let rate: Double
    public let burst: Double
    /// What is left; below zero, so many have been promised to those who wait.
    private var tokens: Double
    private var last: Instant?

    public init(rate: Double, burst: Int) {
        self.rate = max(rate, .leastNormalMagnitude)
        self.burst = Double(max(burst, 1))
        tokens = Double(max(burst, 1))
    }

    /// Takes a token. Reservations are served in their order.
    /// - Returns: how long to wait before going on.
    public mutating func take(at now: Instant) -> Duration {
        if let last, last < now {
            tokens = min(burst, tokens + (last.duration(to: now) / .seconds(1)) * rate)
            self.last = now
        } else if last == nil {
            last = now
        }
        tokens -= 1
        return tokens >= 0 ? .zero : .seconds(-tokens / rate)
    }

    /// Gives back a token of somebody who went away before his turn.
    public mutating func giveBack() { tokens = min(burst, tokens + 1) }
}
