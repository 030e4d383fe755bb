import Foundation
import KubernetesModel
import Testing

@testable import Commands

/// What a person reads who waits for the operator.
@Suite struct WaitReportTests {
    typealias Seen = WaitReport.Seen

    /// Looks each second; what is said, with the second.
    private func said(until end: Int, _ look: (Int) -> Seen) -> [String] {
        var report = WaitReport()
        return (0...end).flatMap { second in report.lines(look(second), at: .seconds(second)).map { "\(second) \($0)" }
        }
    }

    @Test("What is done at once says nothing")
    func quick() {
        #expect(said(until: 2) { _ in Seen(version: "1", isTouched: true, text: "StoreNotReady: no") } == [])
    }

    @Test("What it waits for is told after three seconds, and when it changes")
    func reasons() {
        let lines = said(until: 20) { second in
            Seen(
                version: second < 10 ? "1" : "2", isTouched: true,
                text: second < 10 ? "StoreNotReady: no bucket" : second < 15 ? "WriterConflict: b" : "")
        }
        #expect(lines == ["3 waiting: StoreNotReady: no bucket", "10 waiting: WriterConflict: b"])
    }

    @Test("Where nobody touches it, it asks for the operator after 30 s, then after twice the time")
    func untouched() {
        let lines = said(until: 130) { _ in Seen(version: "1", isTouched: false, text: "") }
        #expect(
            lines.map { $0.prefix(40) }
                == [
                    "30 nothing has touched it for 30s: is th", "60 nothing has touched it for 60s: is th",
                    "120 nothing has touched it for 2m: is th",
                ].map { $0.prefix(40) })
        #expect(lines.allSatisfy { $0.contains("is the operator running") })
    }

    @Test("Whatever touches it is news")
    func touched() {
        let lines = said(until: 100) { second in Seen(version: "\(second / 25)", isTouched: true, text: "") }
        #expect(lines == [])
        let still = said(until: 70) { second in
            Seen(version: second < 35 ? "1" : "2", isTouched: true, text: "BackupRunning: attempt 1")
        }
        #expect(
            still == [
                "3 waiting: BackupRunning: attempt 1", "30 nothing new for 30s: BackupRunning: attempt 1",
                "65 nothing new for 30s: BackupRunning: attempt 1",
            ])
    }

    @Test("A condition is told with its reason, unless it is true")
    func conditions() {
        var conditions: [Condition] = []
        conditions.set("Ready", .false, reason: "StoreNotReady", message: "no bucket", generation: 1, now: Date())
        #expect(WaitReport.text(conditions["Ready"]) == "StoreNotReady: no bucket")
        conditions.set("Ready", .false, reason: "StoreNotReady", message: "", generation: 1, now: Date())
        #expect(WaitReport.text(conditions["Ready"]) == "StoreNotReady")
        conditions.set("Ready", .true, reason: "Ready", message: "x", generation: 1, now: Date())
        #expect(WaitReport.text(conditions["Ready"]) == "" && WaitReport.text(nil) == "")
    }

    @Test("Two commands of one second make two tokens, each a name")
    func tokens() {
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        #expect(CommandToken.make(now: now, salt: 10) == "cli-1790000000-000a")
        let many = Set((0..<100).map { CommandToken.make(now: now, salt: UInt16($0)) })
        #expect(many.count == 100 && many.allSatisfy { $0.wholeMatch(of: /[a-z0-9]([-a-z0-9.]*[a-z0-9])?/) != nil })
    }
}
