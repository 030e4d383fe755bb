public import Foundation

/// What a schedule asks for now, as a function of what is known.
public enum ScheduleDecision {
    public struct Input: Sendable {
        public var calendar: SlotCalendar
        /// The newest slot that was handled; nil on first install.
        public var lastSlot: Date?
        /// When the policy was made: slots before it are nobody's.
        public var createdAt: Date
        public var isRunning: Bool
        public var isSuspended: Bool
        public var startingDeadline: Duration
        public var jitter: Duration
        /// Makes the jitter the same for the same policy and slot, whoever computes it.
        public var seed: String

        public init(
            calendar: SlotCalendar, lastSlot: Date?, createdAt: Date, isRunning: Bool, isSuspended: Bool,
            startingDeadline: Duration, jitter: Duration, seed: String
        ) {
            self.calendar = calendar
            self.lastSlot = lastSlot
            self.createdAt = createdAt
            self.isRunning = isRunning
            self.isSuspended = isSuspended
            self.startingDeadline = startingDeadline
            self.jitter = jitter
            self.seed = seed
        }
    }

    public struct Output: Sendable, Hashable {
        /// Take a backup for this slot now.
        public var due: Date?
        /// After that this is the newest handled slot: later missed ones are covered by the same run.
        public var handled: Date?
        /// Look again then.
        public var next: Date?
    }

    public static func decide(_ input: Input, now: Date) -> Output {
        let start = input.lastSlot ?? input.createdAt
        guard !input.isSuspended else { return Output(due: nil, handled: nil, next: nil) }
        let oldest = max(start, now.addingTimeInterval(-input.startingDeadline.timeInterval))
        // One run makes up for all that was missed. It is of the oldest slot, so that two operators agree on its name.
        let first = input.calendar.next(after: oldest)
        guard let first, first <= now else {
            return Output(due: nil, handled: nil, next: first.map { $0 + jitter(input, $0) })
        }
        if input.isRunning { return Output(due: nil, handled: nil, next: nil) }
        let begin = first + jitter(input, first)
        guard begin <= now else { return Output(due: nil, handled: nil, next: begin) }
        let missed = input.calendar.slots(after: first, through: now)
        let following = input.calendar.next(after: now)
        return Output(due: first, handled: missed.last ?? first, next: following.map { $0 + jitter(input, $0) })
    }

    private static func jitter(_ input: Input, _ slot: Date) -> TimeInterval {
        let span = Int(input.jitter.components.seconds)
        guard span > 0 else { return 0 }
        // FNV-1a: Swift's own hash differs from process to process.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(input.seed)/\(Int(slot.timeIntervalSince1970))".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3
        }
        return Double((hash >> 11) % UInt64(span + 1))
    }

    /// `<policy>-<yyyymmdd-hhmmss>` in UTC; a policy's name too long for that is cut.
    public static func backupName(policy: String, slot: Date) -> String {
        let stamp = slot.formatted(
            Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZoneSeparator: .omitted))
        // 20261123T020000Z
        return "\(policy.prefix(230))-\(stamp.prefix(8))-\(stamp.dropFirst(9).prefix(6))"
    }

    /// A triggered backup is named by its trigger: the same trigger is the same backup.
    public static func backupName(policy: String, trigger: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in trigger.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
        let readable = trigger.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let digits = String(hash, radix: 16)
        return
            "\(policy.prefix(180))-t-\(String(readable).prefix(40))-\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }
}

extension Duration {
    var timeInterval: TimeInterval { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
