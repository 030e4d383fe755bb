import Foundation
import RecoveryAPI

extension RunPass {
    /// When a step must have ended; nil before it began.
    func limit(_ index: Int) -> Date? {
        guard let began = steps[index].resumedAt ?? steps[index].startedAt else { return nil }
        return began.addingTimeInterval(
            step(id(index))?.deadline.map { Double($0.seconds) } ?? RunMachine.defaultDeadline)
    }

    /// What is said of a step whose deadline has passed; nil while it has not.
    func lateness(_ index: Int) -> String? {
        guard let limit = limit(index), now >= limit else { return nil }
        let length = step(id(index))?.deadline.map { "\($0)" } ?? Span.text(seconds: Int64(RunMachine.defaultDeadline))
        return "its deadline of \(length) passed"
    }

    /// The time that a person took is no step's: one that waits to be tried again has its deadline anew.
    mutating func forgivePause() {
        for index in indices where steps[index].state == .waiting && steps[index].startedAt != nil {
            steps[index].resumedAt = now
        }
    }

    mutating func checkDeadlines(isPaused: Bool) {
        for index in indices {
            guard let limit = limit(index) else { continue }
            switch steps[index].state {
            case .running:
                // What nobody runs is asked first whether it happened.
                guard observation.running.contains(id(index)) || actions.contains(.start(id(index))) else { continue }
                guard now >= limit else {
                    wake(at: limit)
                    continue
                }
                // Its end comes as an outcome; until then it may still be doing something.
                actions.append(.cancel(id(index)))
                steps[index].message = "cancelled: its deadline passed"
                wake(at: now.addingTimeInterval(5))
            case .waiting where !isPaused:
                guard let late = lateness(index) else {
                    wake(at: limit)
                    continue
                }
                steps[index].state = .failed
                steps[index].finishedAt = now
                steps[index].message = late + (steps[index].message.map { "; last: \($0)" } ?? "")
            default: break
            }
        }
    }
}
