import Foundation
import KubernetesModel
import RecoveryAPI
import RecoveryEngine

/// What the bucket keeps of a run: a line for each step for machines, and a timeline for people.
enum RunJournal {
    static func lines(_ run: RecoveryRun) -> [UInt8] {
        var bytes: [UInt8] = []
        for step in run.status?.steps ?? [] {
            guard let line = try? JSONEncoder.kubernetes.encode(step) else { continue }
            bytes += line
            bytes.append(0x0a)
        }
        return bytes
    }

    /// The steps that a journal calls done, with their outputs.
    static func finishedSteps(_ bytes: [UInt8]) -> [RunMachine.StepID: [String: String]] {
        var result: [RunMachine.StepID: [String: String]] = [:]
        for line in bytes.split(separator: 0x0a) {
            guard let step = try? JSONDecoder.kubernetes.decode(RecoveryRun.StepStatus.self, from: Data(line)),
                step.state == .succeeded
            else { continue }
            result[RunMachine.StepID(phase: step.phase, step: step.step)] = step.outputs ?? [:]
        }
        return result
    }

    static func timeline(_ run: RecoveryRun) -> String {
        let status = run.status
        var text = "# Recovery of \(run.spec.planRef.name), token \(run.spec.token)\n\n"
        text += "- run: \(run.namespace)/\(run.name)\n- plan: sha256 \(run.spec.planHash)\n"
        text += "- state: \(status?.state?.rawValue ?? "Pending")\n"
        if let began = status?.startedAt { text += "- began: \(Timestamp.format(began))\n" }
        if let ended = status?.finishedAt { text += "- ended: \(Timestamp.format(ended))\n" }
        if let rto = status?.rto { text += "- took, of the objective: \(rto)\n" }
        text += "\n| began | took | phase | step | attempts | state | message |\n|---|---|---|---|---|---|---|\n"
        for step in status?.steps ?? [] {
            let began = step.startedAt.map(Timestamp.format) ?? ""
            let took = zip(step.startedAt, step.finishedAt).map { Span.text(seconds: Int64($1.timeIntervalSince($0))) } ?? ""
            let message = (step.message ?? "").replacing("|", with: "\\|").replacing("\n", with: " ")
            text += "| \(began) | \(took) | \(step.phase) | \(step.step) | \(step.attempts) | \(step.state.rawValue) | \(message) |\n"
        }
        return text
    }

    private static func zip(_ left: Date?, _ right: Date?) -> (Date, Date)? {
        guard let left, let right else { return nil }
        return (left, right)
    }
}
