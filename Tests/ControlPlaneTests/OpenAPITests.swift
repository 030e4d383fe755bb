@testable import ControlPlane

import Foundation
import KubernetesModel
import Processes
import Testing

/// What `kubectl explain` and clients that cache schemas get.
@Suite struct OpenAPITests {
    @Test func `documents have a hash of their content and are sent once`() async throws {
        try await TestAPI.run { test in
            let index = try await test.send(.get, "/openapi/v3").document
            let paths = try #require(index["paths"]?.object)
            #expect(Set(paths.keys).isSuperset(of: ["api/v1", "apis/apps/v1", "apis/apiextensions.k8s.io/v1"]))
            for (path, entry) in paths {
                let address = try #require(entry["serverRelativeURL"]?.string)
                let answer = try await test.api.respond(to: Self.request(address))
                #expect(answer.code == 200)
                #expect(answer.header("Cache-Control") == "public, immutable", "\(path)")
                let tag = try #require(answer.header("Etag"))
                #expect(address.hasSuffix("?hash=\(tag.dropFirst().dropLast())"))
                let again = try await test.api.respond(to: Self.request(address, tag: tag))
                #expect(again.code == 304)
                let stale = try await test.api.respond(to: Self.request("/openapi/v3/\(path)?hash=AA"))
                #expect(stale.code == 301)
                #expect(stale.header("Location") == address)
                let plain = try await test.api.respond(to: Self.request("/openapi/v3/\(path)"))
                #expect(plain.code == 200)
                #expect(plain.header("Cache-Control") == nil)
            }
        }
    }

    @Test func `a hash changes with its group and with no other`() async throws {
        try await TestAPI.run { test in
            func hashes() async throws -> [String: JSON] {
                try await test.send(.get, "/openapi/v3").document["paths"]?.object ?? [:]
            }
            let before = try await hashes()
            var definition = Self.definition
            try await test.send(.post, Self.definitions, definition)
            let created = try await hashes()
            #expect(before["api/v1"] == created["api/v1"])
            let group = try #require(created.keys.first { before[$0] == nil })
            let name = try #require(definition[path: "metadata", "name"]?.string)
            definition = try await test.send(.get, "\(Self.definitions)/\(name)").document
            guard var versions = definition[path: "spec", "versions"]?.array else { return }
            versions[0]["schema"]?["openAPIV3Schema"]?["description"] = "changed"
            definition["spec"]?["versions"] = .array(versions)
            let answer = try await test.send(.put, "\(Self.definitions)/\(name)", definition)
            #expect(answer.code == 200)
            let changed = try await hashes()
            #expect(changed[group] != created[group])
            #expect(changed["apis/apps/v1"] == created["apis/apps/v1"])
        }
    }

    @Test func `every kind that discovery names has a schema with metadata and takes fieldValidation`() async throws {
        try await TestAPI.run { test in
            try await test.send(.post, Self.definitions, Self.definition)
            for definition in test.api.registry.resources.all {
                let type = definition.type
                let group = type.group.isEmpty ? "api/\(type.version)" : "apis/\(type.group)/\(type.version)"
                let document = try await test.send(.get, "/openapi/v3/\(group)").document
                let schemas = document[path: "components", "schemas"]?.object ?? [:]
                let own = schemas.values.filter { schema in
                    schema["x-kubernetes-group-version-kind"]?.array?.contains { $0["kind"]?.string == type.kind }
                        == true
                }
                #expect(own.count == 1, "\(type.kind)")
                #expect(own.first?[path: "properties", "metadata", "allOf"] != nil)
                let patches = (document["paths"]?.object ?? [:]).values.compactMap { $0["patch"] }
                let patch = patches.first { $0[path: "x-kubernetes-group-version-kind", "kind"]?.string == type.kind }
                #expect(
                    patch?["parameters"]?.array?.contains { $0["name"] == "fieldValidation" } == true, "\(type.kind)")
                Self.checkReferences(document, schemas)
            }
        }
    }

    /// Each reference leads somewhere.
    private static func checkReferences(_ value: JSON, _ schemas: [String: JSON]) {
        switch value {
        case .object(let members):
            if let reference = members["$ref"]?.string {
                #expect(schemas[reference.replacing("#/components/schemas/", with: "")] != nil, "\(reference)")
            }
            for item in members.values { checkReferences(item, schemas) }
        case .array(let items): for item in items { checkReferences(item, schemas) }
        default: break
        }
    }

    @Test func `unmodified kubectl explains every kind from both versions`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                let crd = Bundle.module.bundleURL.appending(path: "Resources/crd.yaml").path
                try await probe.run("apply", "-f", crd)
                try await probe.run("wait", "--for=condition=Established", "crd/samples.conformance.example.com")
                for kind in [
                    "configmaps", "secrets", "namespaces", "serviceaccounts", "services", "events", "deployments",
                    "statefulsets", "jobs",
                    "leases", "customresourcedefinitions", "samples",
                ] {
                    #expect(try await probe.run("explain", kind).contains("metadata\t<ObjectMeta>"))
                    #expect(
                        try await probe.run("explain", kind, "--recursive").contains(
                            "ownerReferences\t<[]OwnerReference>"))
                    let old = try await probe.run("explain", kind, "--output=plaintext-openapiv2")
                    #expect(old.contains("metadata\t<Object>"), "\(kind)")
                }
                let owner = try await probe.run("explain", "samples.metadata.ownerReferences.uid")
                #expect(owner.contains("FIELD: uid <string>"))
                let mode = try await probe.run("explain", "samples.spec.mode")
                #expect(mode.contains("FIELD: mode <string>") && mode.contains("ENUM:\n    Fast\n    Safe"))
                let parts = try await probe.run("explain", "samples.spec.parts", "--output=plaintext-openapiv2")
                #expect(parts.contains("RESOURCE: parts <[]Object>") && parts.contains("name\t<string> -required-"))
                let all = try await probe.run("explain", "samples", "--output=plaintext-openapiv2", "--recursive")
                #expect(all.contains("      labels\t<map[string]string>"))
            }
        }
    }

    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    private static let definition: JSON = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "things.example.com"],
        "spec": [
            "group": "example.com", "scope": "Namespaced", "names": ["kind": "Thing", "plural": "things"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": ["spec": ["type": "object", "properties": ["size": ["type": "integer"]]]],
                        ]
                    ],
                ]
            ],
        ],
    ]

    private static func request(_ address: String, tag: String? = nil) -> APIRequest {
        let parts = address.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "=").map(String.init) : []
        return APIRequest(
            method: .get, path: parts[0].split(separator: "/").map(String.init),
            query: APIRequest.Query(query.count == 2 ? [(query[0], query[1])] : []), ifNoneMatch: tag)
    }
}

extension APIResponse {
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}
