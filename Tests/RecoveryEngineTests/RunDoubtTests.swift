import BackupArchive
import Foundation
import KubernetesModel
import PostgreSQLClient
import RecoveryAPI
import Testing

@testable import RecoveryEngine

/// What may have happened is not done again, and not called undone.
@Suite struct RunDoubtTests {
    @Test("A write whose end is unknown is not tried again, however many retries it has")
    func unclear() {
        let one = id("a", "one")
        for (write, state) in [(true, StepState.unknown), (false, .waiting)] {
            let spec = run([("a", nil, [sqlStep("one", write: write, retries: 5)])])
            let decision = RunMachine.decide(
                spec, begun(spec), .init(outcomes: [one: .unclear(message: "lost")]), now: start)
            #expect(decision.status.steps?[0].state == state)
            #expect(decision.status.state == (write ? .paused : .running))
            #expect(decision.actions.isEmpty)
        }
    }

    @Test("A run that ends keeps in mind what may have happened")
    func end() {
        let spec = run([("a", nil, [sqlStep("one", write: true), sqlStep("two")])])
        var status = begun(spec)
        // The operator was lost, and the person gives up before anybody has looked.
        var aborted = spec
        aborted.desiredState = .aborted
        #expect(
            RunMachine.decide(aborted, status, .init(), now: start).status.steps?.map(\.state) == [.unknown, .skipped])
        // Or after that.
        status = RunMachine.decide(spec, status, .init(), now: start).status
        #expect(status.state == .paused)
        let ended = RunMachine.decide(aborted, status, .init(), now: start).status
        #expect(ended.state == .aborted)
        #expect(ended.steps?.map(\.state) == [.unknown, .skipped])
        #expect(ended.steps?[0].message?.contains("nobody knows") == true)
    }

    @Test("A write that was cancelled in its middle may have happened")
    func cancelled() {
        let spec = run([("a", nil, [sqlStep("one", write: true)])])
        let late = start.addingTimeInterval(700)
        let decision = RunMachine.decide(
            spec, begun(spec), .init(outcomes: [id("a", "one"): .unclear(message: "cancelled")]), now: late)
        #expect(decision.status.steps?[0].state == .unknown)
        #expect(decision.status.steps?[0].message?.contains("its deadline of 10m passed, cancelled") == true)
    }

    @Test(
        "A server's refusal of a statement is an end; a connection that broke is none",
        arguments: [
            ("23505", true), ("42P01", true), ("57014", true), ("40001", true), ("", false), ("57P01", false),
            ("08006", false), ("40003", false),
        ])
    func statements(state: String, isRefusal: Bool) {
        #expect(PostgresError(code: .init(sqlState: state), sqlState: state, message: "m").isRefusal == isRefusal)
    }

    @Test(
        "What an answer means for a request that must not be sent twice",
        arguments: [
            (200, nil, nil, nil), (503, nil, false, true), (500, nil, false, true), (408, nil, false, true),
            (404, nil, true, false),
            (429, nil, true, false), (201, [204], false, false), (302, nil, false, false),
        ] as [(Int, [Int]?, Bool?, Bool?)])
    func requests(status: Int, expected: [Int]?, isRetriable: Bool?, mayHaveHappened: Bool?) throws {
        var http: JSON = ["url": "http://h/", "method": "POST"]
        if let expected { http["expectStatus"] = .array(expected.map { .integer(Int64($0)) }) }
        let wanted = try http.decode(Step.HTTP.self)
        func error(isRepeatable: Bool) -> StepError? {
            do {
                _ = try HTTPStep.check(wanted, status: status, body: [], isRepeatable: isRepeatable)
                return nil
            } catch { return error as? StepError }
        }
        let once = error(isRepeatable: false)
        #expect(once?.isRetriable == isRetriable && once?.mayHaveHappened == mayHaveHappened)
        let again = error(isRepeatable: true)
        #expect(
            again?.isRetriable == isRetriable.map { _ in true }
                && again?.mayHaveHappened == mayHaveHappened.map { _ in false })
    }

    // MARK: The backup

    private func manifest(_ name: String, artifact: String, at time: Date = start) -> Manifest {
        Manifest(
            namespace: "n", policy: "p", backup: name, kind: "git", source: "git/x",
            artifacts: [
                NamedArtifact(
                    name: "main", backup: name, storedAt: time,
                    object: ArtifactInfo(key: "k", bytes: 1, plainBytes: 1, sha256: artifact))
            ],
            record: BackupRecord(recoveryPoint: time, counts: [:], fingerprint: "{}"), startedAt: time,
            finishedAt: time, writer: "w")
    }

    @Test("A step restores what it chose at first, whatever came into the catalogue since")
    func choice() throws {
        let first = manifest("first", artifact: "aa")
        let chosen = BackupChoice.record(of: first)
        #expect(
            try BackupChoice.again(
                chosen, from: [first, manifest("second", artifact: "bb", at: start.addingTimeInterval(60))]) == first)
        for (catalogue, words) in [
            ([manifest("second", artifact: "bb")], "not in the catalogue"),
            ([manifest("first", artifact: "cc")], "is not the one"),
        ] {
            let error = #expect(throws: StepError.self) { try BackupChoice.again(chosen, from: catalogue) }
            #expect(error?.description.contains(words) == true && error?.isRetriable == false)
        }
    }

    @Test("A choice is in the status of its step once, and stays there")
    func choiceIsWritten() {
        let spec = run([("a", nil, [sqlStep("one", retries: 3)])])
        let one = id("a", "one")
        func chosen(_ name: String) -> RecoveryRun.ChosenBackup { .init(name: name, artifact: "aa") }
        var status = RunMachine.decide(
            spec, begun(spec), .init(running: [one], choices: [one: chosen("first")]), now: start
        ).status
        #expect(status.steps?[0].backup?.name == "first")
        status =
            RunMachine.decide(
                spec, status, .init(outcomes: [one: .failure(message: "no", retriable: true)]), now: start
            ).status
        status = RunMachine.decide(spec, status, .init(), now: start.addingTimeInterval(5)).status
        #expect(status.steps?[0].state == .running && status.steps?[0].backup?.name == "first")
        status =
            RunMachine.decide(spec, status, .init(running: [one], choices: [one: chosen("second")]), now: start).status
        #expect(status.steps?[0].backup?.name == "first")
    }
}
