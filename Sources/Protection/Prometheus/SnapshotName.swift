import Foundation

/// The folder names of snapshots, which the server makes: `20261124T030013Z-68f522e509ce71bf`.
enum SnapshotName {
    static func isOne(_ name: String) -> Bool { time(of: name) != nil }

    /// When the server began it, by its own clock; nil for what is no such name.
    static func time(of name: String) -> Date? {
        let bytes = Array(name.utf8)
        guard bytes.count == 33, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            bytes[16] == UInt8(ascii: "-"),
            bytes[17...].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].allSatisfy { (0x30...0x39).contains($0) }
                ? Int(String(decoding: bytes[range], as: UTF8.self)) : nil
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), let zone = TimeZone(secondsFromGMT: 0)
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.date(
            from: DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}

/// What a backup wrote down about its snapshot before and after it asked for it, so that the next one can remove it.
struct SnapshotNote: Codable, Sendable, Hashable {
    /// What was there before: never ours.
    var before: Set<String>
    var askedAt: Date
    /// nil: killed before the server's answer.
    var name: String?

    /// The server names a snapshot when the request arrives: this much earlier or later than `askedAt`, the clocks' difference included.
    static let window: TimeInterval = 15

    /// Which of the snapshots that are there now is the killed attempt's. Without an answer it is the only new one that was
    /// begun when it was asked for; where there are two such, one belongs to somebody else and both stay.
    func leftover(among present: Set<String>) -> String? {
        if let name { return present.contains(name) && SnapshotName.isOne(name) ? name : nil }
        let candidates = present.subtracting(before).filter { name in
            SnapshotName.time(of: name).map { abs($0.timeIntervalSince(askedAt)) <= Self.window } ?? false
        }
        return candidates.count == 1 ? candidates.first : nil
    }
}
