@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct ControllerTests {
    private let maps = TestAPI.configMaps

    private func owned(_ test: TestAPI, _ name: String, by owners: [JSON], blocks: Bool = false) -> JSON {
        let references = owners.map { owner -> JSON in
            [
                "apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner.name), "uid": .string(owner.uid),
                "blockOwnerDeletion": .bool(blocks),
            ]
        }
        return test.configMap(name, metadata: ["ownerReferences": .array(references)])
    }

    @Test func `what an object owned goes after it, through all generations`() async throws {
        try await TestAPI.run { test in
            try await test.withControllers {
                let owner = try await test.send(.post, maps, test.configMap("owner")).document
                let child = try await test.send(.post, maps, owned(test, "child", by: [owner])).document
                try await test.send(.post, maps, owned(test, "grandchild", by: [child]))
                #expect(try await test.send(.delete, "\(maps)/owner").code == 200)
                try await test.waitUntilGone("\(maps)/grandchild")
                #expect(try await test.send(.get, "\(maps)/child").code == 404)
            }
        }
    }

    @Test func `an object with another living owner stays and forgets the dead one`() async throws {
        try await TestAPI.run { test in
            try await test.withControllers {
                let one = try await test.send(.post, maps, test.configMap("one")).document
                let two = try await test.send(.post, maps, test.configMap("two")).document
                try await test.send(.post, maps, owned(test, "child", by: [one, two]))
                try await test.send(.delete, "\(maps)/one")
                try await test.wait(for: "\(maps)/child") { $0.ownerUIDs == [two.uid] }
            }
        }
    }

    @Test func `an object made for an owner that is gone already is collected`() async throws {
        try await TestAPI.run { test in
            try await test.withControllers {
                let ghost: JSON = ["metadata": ["name": "ghost", "uid": "no-such-uid"]]
                try await test.send(.post, maps, owned(test, "child", by: [ghost]))
                try await test.waitUntilGone("\(maps)/child")
            }
        }
    }

    @Test func `in the foreground the owner waits for what blocks it`() async throws {
        try await TestAPI.run { test in
            let owner = try await test.send(.post, maps, test.configMap("owner")).document
            var child = owned(test, "child", by: [owner], blocks: true)
            child["metadata"]?["finalizers"] = ["example.com/hold"]
            try await test.send(.post, maps, child)
            let marked = try await test.send(.delete, "\(maps)/owner?propagationPolicy=Foreground")
            #expect(marked.document.finalizers == ["foregroundDeletion"])
            try await test.withControllers {
                try await test.wait(for: "\(maps)/child") { $0.isBeingDeleted }
                #expect(try await test.send(.get, "\(maps)/owner").code == 200)
                // A patch, for the collector may write to the child at the same time.
                try await test.send(
                    .patch, "\(maps)/child", ["metadata": ["finalizers": nil]], type: "application/merge-patch+json")
                try await test.waitUntilGone("\(maps)/owner")
            }
        }
    }

    @Test func `orphans are left without their owner`() async throws {
        try await TestAPI.run { test in
            try await test.withControllers {
                let owner = try await test.send(.post, maps, test.configMap("owner")).document
                try await test.send(.post, maps, owned(test, "child", by: [owner]))
                try await test.send(.delete, "\(maps)/owner?propagationPolicy=Orphan")
                try await test.waitUntilGone("\(maps)/owner")
                let child = try await test.send(.get, "\(maps)/child")
                #expect(child.code == 200)
                #expect(child.document.ownerUIDs.isEmpty)
            }
        }
    }

    @Test func `a namespace empties, waits for finalizers, refuses new content, and goes`() async throws {
        try await TestAPI.run { test in
            let inside = "/api/v1/namespaces/n/configmaps"
            try await test.withControllers {
                let namespace: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]]
                #expect(try await test.send(.post, "/api/v1/namespaces", namespace).code == 201)
                try await test.send(.post, inside, test.configMap("a"))
                try await test.send(
                    .post, inside, test.configMap("held", metadata: ["finalizers": ["example.com/hold"]]))
                let (code, going) = try await test.send(.delete, "/api/v1/namespaces/n")
                #expect(code == 200)
                #expect(going[path: "status", "phase"] == "Terminating")
                try await test.waitUntilGone("\(inside)/a")
                let refused = try await test.send(.post, inside, test.configMap("late"))
                #expect(refused.code == 403)
                #expect(refused.document[path: "details", "causes"]?[0]?["reason"] == "NamespaceTerminating")
                #expect(try await test.send(.get, "/api/v1/namespaces/n").code == 200)
                var held = try await test.send(.get, "\(inside)/held").document
                held["metadata"]?["finalizers"] = nil
                try await test.send(.put, "\(inside)/held", held)
                try await test.waitUntilGone("/api/v1/namespaces/n")
            }
        }
    }

    @Test func `controllers that start late find what was left to do`() async throws {
        try await TestAPI.run { test in
            let owner = try await test.send(.post, maps, test.configMap("owner")).document
            try await test.send(.post, maps, owned(test, "child", by: [owner]))
            try await test.send(.delete, "\(maps)/owner")
            let namespace: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]]
            try await test.send(.post, "/api/v1/namespaces", namespace)
            try await test.send(.delete, "/api/v1/namespaces/n")
            try await test.withControllers {
                try await test.waitUntilGone("\(maps)/child")
                try await test.waitUntilGone("/api/v1/namespaces/n")
            }
        }
    }

    @Test func `a declared workload is reported as rolled out, once`() async throws {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        var deployment: JSON = [
            "kind": "Deployment", "metadata": ["name": "web", "generation": 3], "spec": ["replicas": 2],
        ]
        let status = WorkloadController.status(of: deployment, now: now)
        #expect(status["observedGeneration"] == 3)
        #expect(status["availableReplicas"] == 2)
        deployment["status"] = status
        // The times of a status that is right already do not move: the controller would wake itself for ever.
        #expect(WorkloadController.status(of: deployment, now: now.addingTimeInterval(60)) == status)
    }

    @Test func `events that nobody repeats are dropped after an hour, others are not`() async throws {
        try await TestAPI.run { test in
            let event: JSON = [
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e"], "reason": "Tested", "message": "m",
                "type": "Normal", "involvedObject": ["kind": "ConfigMap", "name": "a", "namespace": "default"],
            ]
            let target = "/api/v1/namespaces/default/events"
            #expect(try await test.send(.post, target, event).code == 201)
            let compactor = Compactor(
                store: test.store, hub: test.hub, interval: .seconds(60), eventLifetime: .seconds(3600),
                logger: test.api.logger)
            try await compactor.expireEvents(now: Date().addingTimeInterval(3500))
            #expect(try await test.send(.get, "\(target)/e").code == 200)
            try await compactor.expireEvents(now: Date().addingTimeInterval(3700))
            #expect(try await test.send(.get, "\(target)/e").code == 404)
        }
    }
}
