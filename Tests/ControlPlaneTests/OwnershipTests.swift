@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

/// Who owns what, as the API server keeps it: requests and the `managedFields` that a real Kubernetes answered to them.
@Suite struct OwnershipTests {
    private let maps = TestAPI.configMaps
    private let apply = APIServer.PatchType.apply.rawValue

    /// `manager operation [subresource] fields` of each entry.
    private func owners(_ object: JSON) -> [String] {
        (object[path: "metadata", "managedFields"]?.array ?? []).map { entry in
            [
                entry["manager"]?.string, entry["operation"]?.string, entry["subresource"]?.string,
                (entry["fieldsV1"] ?? .null).text.replacing("\\/", with: "/"),
            ].compactMap { $0 }.joined(separator: " ")
        }
    }

    static let created: [(path: String, body: String, fields: String)] = [
        (
            "/api/v1/namespaces/default/configmaps",
            #"{"metadata":{"name":"x"},"data":{"b":"1"},"binaryData":{"c":"aGk="}}"#,
            #"{"f:binaryData":{".":{},"f:c":{}},"f:data":{".":{},"f:b":{}}}"#
        ),
        (
            "/api/v1/namespaces/default/secrets", #"{"metadata":{"name":"x"},"stringData":{"token":"abc"}}"#,
            #"{"f:data":{".":{},"f:token":{}},"f:type":{}}"#
        ),
        (
            "/api/v1/namespaces", #"{"metadata":{"name":"x","labels":{"a":"b"}}}"#,
            #"{"f:metadata":{"f:labels":{".":{},"f:a":{},"f:kubernetes.io/metadata.name":{}}}}"#
        ),
        (
            "/api/v1/namespaces/default/serviceaccounts",
            #"{"metadata":{"name":"x"},"imagePullSecrets":[{"name":"x"}]}"#,
            #"{"f:imagePullSecrets":{}}"#
        ),
        (
            "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            #"{"metadata":{"name":"x"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}}"#,
            #"{"f:spec":{"f:holderIdentity":{},"f:leaseDurationSeconds":{}}}"#
        ),
        (
            "/api/v1/namespaces/default/events",
            #"{"metadata":{"name":"x"},"involvedObject":{"kind":"Pod","name":"x","namespace":"default"},"message":"hello","reason":"R","type":"Normal"}"#,
            #"{"f:involvedObject":{},"f:message":{},"f:reason":{},"f:type":{}}"#
        ),
        (
            "/apis/events.k8s.io/v1/namespaces/default/events",
            #"{"metadata":{"name":"x"},"eventTime":"2026-11-23T10:00:00.000000Z","reportingController":"t","reportingInstance":"t-1","action":"A","reason":"R","type":"Normal","note":"well","regarding":{"kind":"Pod","name":"x","namespace":"default"}}"#,
            #"{"f:action":{},"f:eventTime":{},"f:note":{},"f:reason":{},"f:regarding":{},"f:reportingController":{},"f:reportingInstance":{},"f:type":{}}"#
        ),
        (
            "/apis/batch/v1/namespaces/default/jobs",
            #"{"metadata":{"name":"x"},"spec":{"suspend":true,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox:latest"}]}}}}"#,
            #"{"f:spec":{"f:backoffLimit":{},"f:completionMode":{},"f:completions":{},"f:manualSelector":{},"f:parallelism":{},"f:podReplacementPolicy":{},"f:suspend":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}}"#
        ),
        (
            "/apis/apps/v1/namespaces/default/statefulsets",
            #"{"metadata":{"name":"x"},"spec":{"replicas":0,"serviceName":"x","selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"busybox"}]}},"volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{"accessModes":["ReadWriteOnce"]}}]}}"#,
            #"{"f:spec":{"f:persistentVolumeClaimRetentionPolicy":{".":{},"f:whenDeleted":{},"f:whenScaled":{}},"f:podManagementPolicy":{},"f:replicas":{},"f:revisionHistoryLimit":{},"f:selector":{},"f:serviceName":{},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}},"f:updateStrategy":{"f:rollingUpdate":{".":{},"f:partition":{}},"f:type":{}},"f:volumeClaimTemplates":{}}}"#
        ),
        (
            "/apis/apps/v1/namespaces/default/deployments",
            #"{"metadata":{"name":"x","labels":{"a":"b"}},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"},"creationTimestamp":null},"spec":{"serviceAccountName":"robot","containers":[{"name":"c","image":"localhost/busybox:1","command":["sleep","100"],"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],"ports":[{"containerPort":80},{"containerPort":81,"name":"m","protocol":"UDP"}],"resources":{"limits":{"cpu":0.5,"memory":"1024Mi"},"requests":{"cpu":"250m"}},"livenessProbe":{"httpGet":{"port":80}},"startupProbe":{"grpc":{"port":80}}}],"volumes":[{"name":"v2","secret":{"secretName":"s"}},{"name":"v8"}]}}}}"#,
            #"{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"f:type":{}},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:command":{},"f:env":{".":{},"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}},"k:{\"name\":\"B\"}":{".":{},"f:name":{},"f:valueFrom":{".":{},"f:fieldRef":{}}}},"f:image":{},"f:imagePullPolicy":{},"f:livenessProbe":{".":{},"f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"f:port":{},"f:scheme":{}},"f:periodSeconds":{},"f:successThreshold":{},"f:timeoutSeconds":{}},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}},"k:{\"containerPort\":81,\"protocol\":\"UDP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{}}},"f:startupProbe":{".":{},"f:failureThreshold":{},"f:grpc":{".":{},"f:port":{},"f:service":{}},"f:periodSeconds":{},"f:successThreshold":{},"f:timeoutSeconds":{}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:serviceAccount":{},"f:serviceAccountName":{},"f:terminationGracePeriodSeconds":{},"f:volumes":{".":{},"k:{\"name\":\"v2\"}":{".":{},"f:name":{},"f:secret":{".":{},"f:defaultMode":{},"f:secretName":{}}},"k:{\"name\":\"v8\"}":{".":{},"f:emptyDir":{},"f:name":{}}}}}}}"#
        ),
    ]

    @Test(arguments: created)
    func `who creates an object owns what it says and the defaults`(path: String, body: String, fields: String)
        async throws
    {
        try await TestAPI.run { test in
            let (code, created) = try await test.send(.post, path, JSON(parsing: body))
            #expect(code == 201)
            #expect(owners(created) == ["test Update \(fields)"])
        }
    }

    @Test func `an apply creates, changes nothing when repeated, and tries without storing`() async throws {
        try await TestAPI.run { test in
            let target = "\(maps)/a?fieldManager=alice"
            let tried = try await test.send(.patch, target + "&dryRun=All", test.configMap("a"), type: apply)
            #expect(tried.code == 201)
            #expect(try await test.send(.get, "\(maps)/a").code == 404)
            let created = try await test.send(.patch, target, test.configMap("a"), type: apply)
            #expect(created.code == 201)
            #expect(owners(created.document) == [#"alice Apply {"f:data":{"f:x":{}}}"#])
            let repeated = try await test.send(.patch, target, test.configMap("a"), type: apply)
            #expect(repeated.code == 200)
            #expect(repeated.document == created.document)
            let changed = try await test.send(.patch, target + "&dryRun=All", test.configMap("a", "2"), type: apply)
            #expect(changed.document[path: "data", "x"] == "2")
            #expect(try await test.send(.get, "\(maps)/a").document == created.document)
        }
    }

    @Test func `a version in what is applied is a precondition`() async throws {
        try await TestAPI.run { test in
            try await test.send(.post, maps, test.configMap("a"))
            let stale = test.configMap("a", metadata: ["resourceVersion": "1"])
            #expect(try await test.send(.patch, "\(maps)/a?fieldManager=a&force=true", stale, type: apply).code == 409)
        }
    }

    @Test func `scale and status have owners of their own`() async throws {
        try await TestAPI.run { test in
            let path = "/apis/apps/v1/namespaces/default/deployments"
            let template: JSON = [
                "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i:1"]]],
            ]
            try await test.send(
                .post, "\(path)?fieldManager=creator",
                [
                    "metadata": ["name": "d"],
                    "spec": ["replicas": 1, "selector": ["matchLabels": ["a": "b"]], "template": template],
                ])
            let scaled = try await test.send(
                .patch, "\(path)/d/scale?fieldManager=scaler", ["spec": ["replicas": 3]],
                type: "application/merge-patch+json")
            #expect(scaled.code == 200)
            try await test.send(
                .patch, "\(path)/d/status?fieldManager=reporter", ["status": ["replicas": 3], "spec": ["replicas": 9]],
                type: "application/merge-patch+json")
            let object = try await test.send(.get, "\(path)/d").document
            #expect(object[path: "spec", "replicas"] == 3)
            #expect(owners(object).contains(#"scaler Update scale {"f:spec":{"f:replicas":{}}}"#))
            #expect(owners(object).contains(#"reporter Update status {"f:status":{"f:replicas":{}}}"#))
            #expect(owners(object).first { $0.hasPrefix("creator") }?.contains(#""f:replicas""#) == false)
        }
    }

    @Test func `an event has the fields that are always there, under both of its names`() async throws {
        try await TestAPI.run { test in
            let event: JSON = [
                "metadata": ["name": "e"], "message": "hello", "reason": "R", "type": "Normal",
                "involvedObject": ["kind": "Pod", "name": "x", "namespace": "default"],
            ]
            try await test.send(.post, "/api/v1/namespaces/default/events", event)
            var core = try await test.send(.get, "/api/v1/namespaces/default/events/e").document
            var events = try await test.send(.get, "/apis/events.k8s.io/v1/namespaces/default/events/e").document
            core["metadata"] = nil
            events["metadata"] = nil
            #expect(
                core == [
                    "apiVersion": "v1", "kind": "Event", "eventTime": nil, "firstTimestamp": nil, "lastTimestamp": nil,
                    "involvedObject": ["kind": "Pod", "name": "x", "namespace": "default"], "message": "hello",
                    "reason": "R", "reportingComponent": "", "reportingInstance": "", "source": [:], "type": "Normal",
                ])
            #expect(
                events == [
                    "apiVersion": "events.k8s.io/v1", "kind": "Event", "eventTime": nil,
                    "deprecatedFirstTimestamp": nil,
                    "deprecatedLastTimestamp": nil, "deprecatedSource": [:], "note": "hello", "reason": "R",
                    "regarding": ["kind": "Pod", "name": "x", "namespace": "default"], "type": "Normal",
                ])
        }
    }
}
