import Foundation
import KubernetesClient
import KubernetesModel
import ScriptedAPIServer
import Testing

@testable import ControllerRuntime

@Suite("Events")
struct EventTests {
    private func item(_ note: String, at seconds: Double, reason: String = "Stored", namespace: String? = "shop")
        -> EventItem
    {
        var regarding = ["kind": "Backup", "name": "a", "uid": "u"]
        regarding["namespace"] = namespace
        return EventItem(
            kind: "Normal", reason: reason, action: "BackUp", note: note, regarding: regarding,
            time: Date(timeIntervalSince1970: 1_000_000 + seconds))
    }

    @Test(
        "the same again is a series, told at once at first and then every half minute, for ten minutes after the last")
    func series() {
        var correlator = EventCorrelator()
        #expect(correlator.decide(item("x", at: 0), name: "e1") == .create(name: "e1"))
        #expect(correlator.decide(item("x", at: 1), name: "e2") == .extend(name: "e1", count: 2))
        #expect(correlator.decide(item("y", at: 1), name: "e3") == .create(name: "e3"))
        #expect(correlator.decide(item("x", at: 1, reason: "Other"), name: "e4") == .create(name: "e4"))
        for count in 3...5 {
            #expect(correlator.decide(item("x", at: 2), name: "") == .extend(name: "e1", count: Int64(count)))
        }
        #expect(correlator.decide(item("x", at: 3), name: "") == .count)
        #expect(correlator.decide(item("x", at: 33), name: "") == .extend(name: "e1", count: 7))
        #expect(correlator.decide(item("x", at: 700), name: "e5") == .create(name: "e5"))
    }

    @Test("ever new notes about one thing become a series too, and old ones are forgotten")
    func notes() {
        var correlator = EventCorrelator()
        for number in 0..<10 {
            #expect(
                correlator.decide(item("\(number)", at: Double(number)), name: "e\(number)")
                    == .create(name: "e\(number)"))
        }
        #expect(correlator.decide(item("10", at: 10), name: "e10") == .extend(name: "e9", count: 2))
        #expect(correlator.size == 10)
        _ = correlator.decide(item("x", at: 5000), name: "later")
        #expect(correlator.size == 1)
    }

    @Test("one that could not be written is written anew")
    func forgets() {
        var correlator = EventCorrelator()
        _ = correlator.decide(item("x", at: 0), name: "e1")
        correlator.forget(name: "e1")
        #expect(correlator.decide(item("x", at: 1), name: "e2") == .create(name: "e2"))
    }

    static let names: [(String, String)] = [
        ("backup-1", "backup-1."), ("system:Node", "system-node."), ("", "object."), (":", "object."),
        (String(repeating: "a", count: 199) + "-b", String(repeating: "a", count: 199) + "."),
    ]

    @Test("have names that the API takes", arguments: names)
    func name(object: String, prefix: String) {
        let name = EventText.name(object, time: Date(timeIntervalSince1970: 1_700_000_000), salt: 7)
        #expect(name == prefix + "60a24181e4000" + "0007")
        #expect(name.utf8.count <= 253)
    }

    @Test("are cut at whole characters")
    func cut() {
        #expect(EventText.cut("short", to: 10) == "short")
        let cut = EventText.cut(String(repeating: "é", count: 600), to: 1000)
        #expect(cut.utf8.count <= 1000 && cut.hasSuffix("é…") && !cut.contains("\u{fffd}"))
    }

    @Test("are written one after another while nobody waits, and a server that refuses them is no trouble")
    func recorder() async throws {
        try await withScriptedAPIServer([
            ["match": "POST", "times": 1, "status": 500, "body": "broken"], ["match": "POST", "body": "{}"],
            ["match": "PATCH", "body": "{}"],
        ]) { server in
            try await server.withClient { client in
                let recorder = EventRecorder(
                    client: client, controller: "test/operator", instance: "host", logger: quiet)
                var object = ConfigMap(metadata: ObjectMeta(name: "a", namespace: "shop"))
                object.metadata.uid = "u"
                // Thousands before anything is written: this returns at once, and what is too much is dropped.
                for _ in 0..<3 { recorder.record(.warning, reason: "Failed", action: "Try", "no", about: object) }
                for number in 0..<2000 {
                    recorder.record(.normal, reason: "R\(number)", action: "A", "n", about: object)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await recorder.run() }
                    try await server.wait { $0.count >= 1000 }
                    group.cancelAll()
                }
                let seen = try await server.requests()
                #expect(seen[0].line.hasPrefix("POST /apis/events.k8s.io/v1/namespaces/shop/events"))
                #expect(seen[1].line.hasPrefix("POST"))
                #expect(seen[2].line.hasPrefix("PATCH"))
                #expect(seen[2].body.contains(#""count":2"#))
                #expect(seen.count == 1000)
            }
        }
    }

    @Test("that were recorded before the end are written, and then it ends")
    func drained() async throws {
        try await withScriptedAPIServer([["match": "POST", "body": "{}", "wait": 50]]) { server in
            try await server.withClient { client in
                let recorder = EventRecorder(
                    client: client, controller: "test/operator", instance: "host", logger: quiet)
                let object = ConfigMap(metadata: ObjectMeta(name: "a", namespace: "shop"))
                for number in 0..<5 { recorder.record(.normal, reason: "R\(number)", action: "A", "n", about: object) }
                recorder.close()
                recorder.record(.normal, reason: "Late", action: "A", "n", about: object)
                await recorder.run()
                let lines = try await server.lines()
                #expect(lines.count == 5)
            }
        }
    }

    @Test("about what has no namespace go to the default one")
    func clusterScoped() { #expect(item("x", at: 0, namespace: nil).namespace == "default") }
}
