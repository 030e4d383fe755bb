@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite struct DiscoveryTests {
    @Test func `every served kind is found in both forms of discovery`() async throws {
        try await TestAPI.run { test in
            let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
            var found: Set<String> = []
            for path in ["/api", "/apis"] {
                let document = try await test.send(.get, path, accept: aggregated).document
                #expect(document["kind"] == "APIGroupDiscoveryList")
                for group in document["items"]?.array ?? [] {
                    for version in group["versions"]?.array ?? [] {
                        for resource in version["resources"]?.array ?? [] {
                            let kind = resource["responseKind"]
                            found.insert("\(kind?["group"]?.string ?? "")/\(resource["resource"]?.string ?? "")")
                        }
                    }
                }
            }
            for definition in BuiltIn.all {
                let type = definition.type
                #expect(found.contains("\(type.group)/\(type.plural)"))
                let path = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.apiVersion)"
                let list = try await test.send(.get, path).document
                let entry = (list["resources"]?.array ?? []).first { $0["name"]?.string == type.plural }
                #expect(entry?["kind"]?.string == type.kind)
                #expect(entry?["namespaced"]?.bool == type.namespaced)
            }
        }
    }

    @Test func `both forms of discovery tell the groups in one order, those of custom kinds last`() async throws {
        try await TestAPI.run { test in
            let definition: JSON = [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "things.a.example.com"],
                "spec": [
                    "group": "a.example.com", "scope": "Namespaced", "names": ["plural": "things", "kind": "Thing"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": ["openAPIV3Schema": ["type": "object"]],
                        ]
                    ],
                ],
            ]
            let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            #expect(try await test.send(.post, path, definition).code == 201)
            let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            let plain = try await test.send(.get, "/apis").document["groups"]?.array ?? []
            let whole = try await test.send(.get, "/apis", accept: aggregated).document["items"]?.array ?? []
            #expect(plain.map { $0["name"]?.string } == whole.map(\.name))
            #expect(whole.last?.name == "a.example.com")
            #expect(whole.map(\.name).dropFirst(2).first == "authentication.k8s.io")
        }
    }

    @Test(arguments: [["v1", "v2beta1", "v1beta2", "v1beta1", "v1alpha1", "foo10", "foo1"], ["v10", "v2", "v1"]])
    func `versions are in the order that Kubernetes prefers`(sorted: [String]) {
        let shuffled = Array(sorted.reversed())
        #expect(shuffled.sorted { VersionPriority($0) > VersionPriority($1) }.prefix(5) == sorted.prefix(5))
    }

    @Test(
        arguments: [
            ("", Representation.object), ("application/json", .object), ("*/*", .object),
            ("application/vnd.kubernetes.protobuf,application/json", .object),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                .table
            ),
            ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", .metadata),
            ("application/json;as=Unknown;g=x;v=v1,application/json", .object),
        ])
    func `the first representation that the server has is taken`(accept: String, expected: Representation) throws {
        #expect(try MediaTypes.negotiate(accept) == expected)
    }

    @Test(arguments: ["application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Unknown;g=x;v=v1"])
    func `a client that takes nothing the server has gets 406`(accept: String) {
        let failure = #expect(throws: APIFailure.self) { try MediaTypes.negotiate(accept) }
        #expect(failure?.code == 406)
    }
}
