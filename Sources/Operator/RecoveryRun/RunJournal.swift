import BackupArchive
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

    /// What a journal says of each step.
    /// - Throws: ``ArchiveError`` when a line cannot be read: a step that is passed over would be done twice.
    static func steps(_ bytes: [UInt8], key: String) throws -> [RecoveryRun.StepStatus] {
        try bytes.split(separator: 0x0a).map { line in
            do {
                return try JSONDecoder.kubernetes.decode(RecoveryRun.StepStatus.self, from: Data(line))
            } catch {
                throw ArchiveError(
                    .corrupt, key: key,
                    "the journal of the run that was lost cannot be read: use the dr that wrote it, or a new token")
            }
        }
    }

    /// What all runs of a token have done together.
    /// - Parameter journals: the oldest first. A later run knows the end of what an earlier one was at; what is done stays done.
    static func merge(_ journals: [[RecoveryRun.StepStatus]]) -> [RunMachine.StepID: RecoveryRun.StepStatus] {
        var result: [RunMachine.StepID: RecoveryRun.StepStatus] = [:]
        for step in journals.joined() {
            let id = RunMachine.StepID(phase: step.phase, step: step.step)
            guard var known = result[id] else {
                result[id] = step
                continue
            }
            if known.state != .succeeded, step.state != .pending, step.state != .skipped { known = step }
            known.backup = result[id]?.backup ?? step.backup
            result[id] = known
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
        for phase in status?.phases ?? [] {
            let verdict = phase.objectiveMet.map { $0 ? ", met" : ", not met" } ?? ""
            text += "- phase \(phase.name): \(phase.rto)\(verdict)\n"
        }
        text += "\n| began | took | phase | step | attempts | state | message |\n|---|---|---|---|---|---|---|\n"
        for step in status?.steps ?? [] {
            let began = step.startedAt.map(Timestamp.format) ?? ""
            let took =
                zip(step.startedAt, step.finishedAt).map { Span.text(seconds: Int64($1.timeIntervalSince($0))) } ?? ""
            let message = (step.message ?? "").replacing("|", with: "\\|").replacing("\n", with: " ")
            text +=
                "| \(began) | \(took) | \(step.phase) | \(step.step) | \(step.attempts) | \(step.state.rawValue) | \(message) |\n"
        }
        return text
    }

    private static func zip(_ left: Date?, _ right: Date?) -> (Date, Date)? {
        guard let left, let right else { return nil }
        return (left, right)
    }
}
