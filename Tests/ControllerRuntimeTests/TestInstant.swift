/// A time that tests choose.
struct TestInstant: InstantProtocol {
    var sinceStart: Duration = .zero
    func advanced(by duration: Duration) -> TestInstant { TestInstant(sinceStart: sinceStart + duration) }
    func duration(to other: TestInstant) -> Duration { other.sinceStart - sinceStart }
    static func < (left: TestInstant, right: TestInstant) -> Bool { left.sinceStart < right.sinceStart }
    static func at(_ seconds: Double) -> TestInstant { TestInstant(sinceStart: .seconds(seconds)) }
}
