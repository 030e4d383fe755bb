@testable import ControlPlane

import KubernetesModel
import Testing

/// What built-in kinds refuse, in the words of Kubernetes.
@Suite struct BuiltInKindTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let deployments = "/apis/apps/v1/namespaces/default/deployments"
    private static let jobs = "/apis/batch/v1/namespaces/default/jobs"
    private static let pod = #""selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}}"#

    static let refused: [(path: String, body: String, code: Int, message: String)] = [
        (
            maps, #"{"data":{"x":1}}"#, 400,
            #"ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string"#
        ),
        (
            maps, #"{"data":["x"]}"#, 400,
            #"ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string"#
        ),
        (
            maps, #"{"metadata":{"name":"q","labels":{"a":1}}}"#, 400,
            #"ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"#
        ),
        (
            maps + "?fieldValidation=Strict", #"{"dat":{"x":"1"},"dota":1}"#, 400,
            #"ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat", unknown field "dota""#
        ),
        (
            deployments, #"{"spec":{"replicas":"3"}}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"#
        ),
        (
            deployments, #"{"spec":{"replicas":1.5}}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"#
        ),
        (
            deployments, #"{"spec":{"template":{"spec":{"containers":[{"name":3}]}}}}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string"#
        ),
        (
            deployments, #"{"spec":{"template":{"spec":{"containers":{"name":3}}}}}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"#
        ),
        (
            deployments, #"{"spec":[]}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"#
        ),
        (
            deployments + "?fieldValidation=Strict",
            #"{"spec":{"replica":1,"template":{"spec":{"containers":[{"nam":"x","ports":[{"cP":1}]}]}}}}"#, 400,
            #"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica", unknown field "spec.template.spec.containers[0].nam", unknown field "spec.template.spec.containers[0].ports[0].cP""#
        ),
        (
            deployments, "{\"spec\":{" + pod + "}}}", 422,
            #"Deployment.apps "q" is invalid: spec.template.spec.containers: Required value"#
        ),
        (
            deployments, "{\"spec\":{" + pod + #","spec":{"containers":[{"image":"x"}]}}}}"#, 422,
            #"Deployment.apps "q" is invalid: spec.template.spec.containers[0].name: Required value"#
        ),
        (
            jobs, #"{"spec":{"template":{"spec":{"containers":[{"name":"x","image":"y"}]}}}}"#, 422,
            #"Job.batch "q" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#
        ),
        (
            "/apis/coordination.k8s.io/v1/namespaces/default/leases", #"{"spec":{"leaseDurationSeconds":0}}"#, 422,
            #"Lease.coordination.k8s.io "q" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"#
        ),
    ]

    @Test(arguments: refused)
    func `a document that is not of its kind is refused`(path: String, body: String, code: Int, message: String)
        async throws
    {
        try await TestAPI.run { test in
            var object = try JSON(parsing: body)
            if object["metadata"] == nil { object["metadata"] = ["name": "q"] }
            let answer = try await test.send(.post, path, object)
            #expect(answer.code == code)
            #expect(answer.document["message"]?.string == message)
        }
    }

    @Test func `a patch that makes an object none of its kind is refused and changes nothing`() async throws {
        try await TestAPI.run { test in
            try await test.send(.post, Self.maps, test.configMap("a"))
            for type in ["merge-patch", "strategic-merge-patch"] {
                let answer = try await test.send(
                    .patch, "\(Self.maps)/a", ["data": ["x": 1]], type: "application/\(type)+json")
                #expect(answer.code == 422)
                #expect(answer.document[path: "details", "causes"]?[0]?["field"] == "patch")
            }
            #expect(try await test.send(.get, "\(Self.maps)/a").document[path: "data", "x"] == "1")
        }
    }
}
