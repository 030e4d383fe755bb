@testable import ControlPlane

import Foundation
import KubernetesModel
import Processes
import Testing

/// Declared workloads: kubectl's ways to scale and restart them, for both kinds that have a scale.
@Suite(.timeLimit(.minutes(5))) struct WorkloadTests {
    private static func workload(_ kind: String) -> JSON {
        var spec: JSON = [
            "replicas": 2, "selector": ["matchLabels": ["a": "b"]],
            "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]]],
        ]
        if kind == "StatefulSet" { spec["serviceName"] = "web" }
        return ["apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": "web"], "spec": spec]
    }

    @Test(arguments: ["Deployment", "StatefulSet"])
    func `kubectl scales, waits for, and restarts it`(kind: String) async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                let name = "\(kind.lowercased())/web"
                func field(_ path: String) async throws -> String {
                    try await probe.run("get", name, "-o", "jsonpath={\(path)}")
                }
                let file = folder.appending(path: "web.json")
                try Self.workload(kind).serialized().write(to: file)
                try await probe.run("apply", "-f", file.path)
                try await probe.run("rollout", "status", name, "--timeout=30s")
                #expect(try await field(".status.readyReplicas") == "2")

                try await probe.run("scale", name, "--current-replicas=2", "--replicas=5")
                try await probe.run("wait", name, "--for=jsonpath={.status.readyReplicas}=5", "--timeout=30s")
                #expect(try await field(".spec.replicas") == "5")
                let refused = await #expect(throws: ProcessError.self) {
                    try await probe.run("scale", name, "--current-replicas=2", "--replicas=1")
                }
                #expect(refused?.message.contains("Expected replicas to be 2, was 5") == true)
                try await probe.run(
                    "patch", name, "--subresource=scale", "--type=merge", "-p", #"{"spec":{"replicas":0}}"#)
                try await probe.run("wait", name, "--for=jsonpath={.status.replicas}=0", "--timeout=30s")

                let before = try await field(".metadata.generation")
                try await probe.run("rollout", "restart", name)
                try await probe.run("rollout", "status", name, "--timeout=30s")
                #expect(try await field(".spec.template.metadata.annotations").contains("restartedAt"))
                #expect(try await field(".metadata.generation") != before)
                #expect(try await probe.run("get", name).contains("0/0"))
            }
        }
    }

    @Test(arguments: ["Deployment", "StatefulSet"])
    func `its scale is a resource of its own, with the object's version`(kind: String) async throws {
        try await TestAPI.run { test in
            let path = "/apis/apps/v1/namespaces/default/\(kind.lowercased())s"
            let created = try await test.send(.post, path, Self.workload(kind)).document
            var scale = try await test.send(.get, "\(path)/web/scale").document
            #expect(scale["kind"] == "Scale" && scale["apiVersion"] == "autoscaling/v1")
            #expect(scale[path: "spec", "replicas"] == 2 && scale[path: "status", "selector"] == "a=b")
            #expect(scale.resourceVersion == created.resourceVersion && scale.uid == created.uid)
            scale["spec"] = ["replicas": 3]
            #expect(try await test.send(.put, "\(path)/web/scale", scale).code == 200)
            let scaled = try await test.send(.get, "\(path)/web").document
            #expect(scaled[path: "spec", "replicas"] == 3)
            #expect(scaled[path: "metadata", "generation"] == 2)
            // Another was faster.
            scale["spec"] = ["replicas": 9]
            #expect(try await test.send(.put, "\(path)/web/scale", scale).code == 409)
            #expect(
                try await test.send(
                    .patch, "\(path)/web/scale", ["spec": ["replicas": -1]], type: "application/merge-patch+json"
                ).code == 422)
            #expect(try await test.send(.get, "\(path)/web").document == scaled)
        }
    }
}
