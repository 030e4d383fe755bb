import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import RecoveryEngine

/// What steps see in objects and answers, and what they say of it.
@Suite struct StepLookTests {
    private static let object: JSON = [
        "metadata": ["generation": 3, "annotations": ["a.b/c": "x"]],
        "spec": ["replicas": 3],
        "status": [
            "phase": "Ready", "count": 7, "ok": true, "list": [["name": "first"], ["name": "second"]],
            "conditions": [
                ["type": "Available", "status": "True", "observedGeneration": 3],
                ["type": "Old", "status": "True", "observedGeneration": 2],
                ["type": "Broken", "status": "False", "message": "no disk"],
                ["type": "Plain", "status": "True"],
            ],
        ],
    ]

    @Test(
        "A field's path leads where kubectl's does",
        arguments: [
            (".status.phase", "Ready"), ("{.status.phase}", "Ready"), (".status.list[1].name", "second"),
            (".status.count", 7),
            (".status['phase']", "Ready"), (".metadata.annotations['a.b/c']", "x"),
            (".metadata.annotations[\"a.b/c\"]", "x"),
            (".status.list[2].name", nil), (".status.list[-1]", nil), (".status.phase.more", nil), (".nothing", nil),
        ] as [(String, JSON?)])
    func path(text: String, expected: JSON?) {
        #expect(FieldPath(text)?.value(in: Self.object) == expected)
    }

    @Test("A path that is none is refused", arguments: ["status", ".status[0", "..a", ".a..b", "$.a"])
    func noPath(text: String) { #expect(FieldPath(text) == nil) }

    private static func wait(
        _ kind: String = "Thing", condition: String? = nil, jsonPath: String? = nil, value: String? = nil,
        rollout: Bool? = nil
    ) throws -> Step.Wait {
        var json: JSON = ["apiVersion": "v1", "kind": .string(kind), "name": "n"]
        json["condition"] = condition.map(JSON.string)
        json["jsonPath"] = jsonPath.map(JSON.string)
        json["value"] = value.map(JSON.string)
        json["rollout"] = rollout.map(JSON.bool)
        return try json.decode(Step.Wait.self)
    }

    @Test(
        "A wait for a condition ends when that is true of the newest generation",
        arguments: [
            ("Available", nil), ("Plain", nil), ("Old", "older generation"), ("Broken", "Broken is False: no disk"),
            ("None", "no condition None"),
        ] as [(String, String?)])
    func condition(type: String, words: String?) throws {
        let complaint = WaitStep.complaint(Self.object, try Self.wait(condition: type))
        #expect(
            (complaint == nil) == (words == nil) && complaint?.contains(words ?? "") != false, "\(complaint ?? "nil")")
    }

    @Test(
        "A wait for a field ends when it is there, or is the value",
        arguments: [
            (".status.phase", nil, nil), (".status.phase", "Ready", nil), (".status.count", "7", nil),
            (".status.ok", "true", nil),
            (".status.phase", "Bound", ".status.phase is Ready"), (".status.none", nil, "not set"),
            (".status.none", "x", "not set"),
        ] as [(String, String?, String?)])
    func field(path: String, value: String?, words: String?) throws {
        let complaint = WaitStep.complaint(Self.object, try Self.wait(jsonPath: path, value: value))
        #expect(
            (complaint == nil) == (words == nil) && complaint?.contains(words ?? "") != false, "\(complaint ?? "nil")")
    }

    @Test("What a Secret holds is not said")
    func secret() throws {
        let secret: JSON = ["data": ["password": "Y2FuYXJ5"]]
        let complaint = WaitStep.complaint(secret, try Self.wait("Secret", jsonPath: ".data.password", value: "other"))
        #expect(complaint == ".data.password has another value")
    }

    @Test(
        "A rollout is over by the rules of kubectl",
        arguments: [
            (2, 3, 3, 3, 3, "has not seen the change"), (3, 3, 1, 3, 3, "1 of 3 pods are new"),
            (3, 3, 3, 4, 3, "1 old pods are still there"),
            (3, 3, 3, 3, 2, "2 of 3 pods are available"), (3, 3, 3, 3, 3, nil), (3, 0, 0, 0, 0, nil),
        ] as [(Int64, Int64, Int64, Int64, Int64, String?)])
    func rollout(observed: Int64, wanted: Int64, updated: Int64, total: Int64, available: Int64, words: String?) throws
    {
        let object: JSON = [
            "metadata": ["generation": 3], "spec": ["replicas": .integer(wanted)],
            "status": [
                "observedGeneration": .integer(observed), "updatedReplicas": .integer(updated),
                "replicas": .integer(total),
                "availableReplicas": .integer(available),
            ],
        ]
        let complaint = WaitStep.complaint(object, try Self.wait(rollout: true))
        #expect(
            (complaint == nil) == (words == nil) && complaint?.contains(words ?? "") != false, "\(complaint ?? "nil")")
        // A controller that has said nothing yet; one pod where nothing is said.
        #expect(Rollout.complaint(["metadata": ["generation": 1]]) != nil)
        #expect(Rollout.complaint(["status": ["observedGeneration": 0]])?.contains("of 1 pods") == true)
    }

    @Test(
        "An answer is right by its status and its text, and neither it nor a secret of the address is shown",
        arguments: [
            ("{}", 200, "secret-body", nil), ("{}", 299, "", nil),
            ("{}", 302, "secret-body", "answered 302, expected was 200 to 299"),
            (#"{"expectStatus": [404, 410]}"#, 410, "", nil),
            (#"{"expectStatus": [404, 410]}"#, 200, "", "expected was 404 or 410"),
            (#"{"expectBody": "healthy"}"#, 200, "it is healthy", nil),
            (#"{"expectBody": "healthy"}"#, 200, "secret-body", "without the expected text"),
        ] as [(String, Int, String, String?)])
    func http(fields: String, status: Int, body: String, words: String?) throws {
        var json = try JSON(parsing: fields)
        json["url"] = "https://user:hunter2@example.com/a?token=hunter3#hunter4"
        let wanted = try json.decode(Step.HTTP.self)
        var said: String
        do {
            said = try HTTPStep.check(wanted, status: status, body: Array(body.utf8)).message
            #expect(words == nil)
        } catch let error as StepError {
            said = error.description
            #expect(said.contains(words ?? "no failure") && error.isRetriable, "\(said)")
        }
        #expect(said.hasPrefix("https://example.com/a answered"), "\(said)")
        #expect(!said.contains("hunter") && !said.contains("secret-body"))
    }
}
