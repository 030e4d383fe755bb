@testable import ControlPlane

import Foundation
import KubernetesModel
import Processes
import RecoveryAPI
import Testing

/// The schemas and rules of the project's kinds, held by a table of objects that are taken and refused.
///
/// The table runs against the embedded server. With `DR_TEST_KUBECONFIG` (the path of a kubeconfig) it runs against that
/// cluster too, which must refuse the same fields for the same reasons in the same words. The cluster gets the project's
/// definitions and a namespace that is deleted in the end. kubectl and curl must be there.
@Suite struct KindTableTests {
    enum Kind: String, Sendable, CaseIterable {
        case store = "BackupStore"
        case policy = "BackupPolicy"
        case backup = "Backup"
        case plan = "RecoveryPlan"
        case run = "RecoveryRun"

        var plural: String { self == .policy ? "backuppolicies" : rawValue.lowercased() + "s" }
    }

    struct Row: Sendable {
        var kind: Kind
        var title: String
        /// What is other than in the valid object: values by their path; nil for a field left out.
        var changes: [String: JSON?]
        /// Field and reason of each cause, but for the remark that rules were skipped.
        var refused: [String]
        /// A part of what one of the causes says.
        var says: String
        /// The path of a field that the schema does not know.
        var unknown: String?
        /// The valid object is stored first and this one sent after it.
        var isUpdate: Bool

        init(
            _ kind: Kind, _ title: String, _ changes: [String: JSON?] = [:], refused: [String] = [], says: String = "",
            unknown: String? = nil, isUpdate: Bool = false
        ) {
            self.kind = kind
            self.title = title
            self.changes = changes
            self.refused = refused
            self.says = says
            self.unknown = unknown
            self.isUpdate = isUpdate
        }
    }

    struct Answer: Sendable, Hashable {
        var code: Int
        var document: JSON

        /// `field reason: message`, sorted.
        var causes: [(field: String, text: String, message: String)] {
            (document[path: "details", "causes"]?.array ?? []).map { cause in
                let field = cause["field"]?.string ?? ""
                return (field, "\(field) \(cause["reason"]?.string ?? "")", cause["message"]?.string ?? "")
            }.sorted { ($0.text, $0.message) < ($1.text, $1.message) }
        }

        var texts: [String] { causes.map { "\($0.text): \($0.message)" } }
    }

    static let all = rows + kubernetesRows + vaultRows + ruleRows

    /// Sends a request: method, path with query, body.
    typealias Send = (String, String, JSON?) async throws -> Answer

    @Test func `the table is large enough and speaks of every kind`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.kind)) == Set(Kind.allCases))
    }

    @Test func `objects are taken and refused as the table says, here and by Kubernetes`() async throws {
        let here = try await embedded()
        for (row, answer) in zip(Self.all, here) { Self.check(row, answer) }
        guard let kubeconfig = ProcessInfo.processInfo.environment["DR_TEST_KUBECONFIG"] else { return }
        let there = try await cluster(kubeconfig)
        for ((row, one), other) in zip(zip(Self.all, here), there) {
            #expect(one.code == other.code, "\(row.kind) \(row.title)")
            #expect(one.texts == other.texts, "\(row.kind) \(row.title)")
            if row.unknown != nil { #expect(one.document["message"] == other.document["message"], "\(row.title)") }
        }
    }

    private static func check(_ row: Row, _ answer: Answer) {
        let name = "\(row.kind) \(row.title)"
        let causes = answer.causes.filter { $0.field != "<nil>" }
        #expect(causes.map(\.text) == row.refused.sorted(), "\(name): \(answer.document)")
        #expect(row.says.isEmpty || causes.contains { $0.message.contains(row.says) }, "\(name): \(answer.texts)")
        if let unknown = row.unknown {
            #expect(answer.code == 400, "\(name)")
            let said = answer.document["message"]?.string ?? ""
            #expect(said.hasSuffix(#"strict decoding error: unknown field "\#(unknown)""#), "\(name): \(said)")
        } else {
            #expect(
                answer.code == (!row.refused.isEmpty ? 422 : row.isUpdate ? 200 : 201), "\(name): \(answer.document)")
        }
    }

    private func embedded() async throws -> [Answer] {
        var answers: [Answer] = []
        try await TestAPI.run { test in
            answers = try await Self.answers(namespace: "kinds") { method, target, body in
                let answer = try await test.send(try #require(APIRequest.Method(rawValue: method)), target, body)
                return Answer(code: answer.code, document: answer.document)
            }
        }
        return answers
    }

    private func cluster(_ kubeconfig: String) async throws -> [Answer] {
        let environment = ["KUBECONFIG": kubeconfig, "HOME": FileManager.default.temporaryDirectory.path]
        let namespace = "kinds-\(UUID().uuidString.prefix(8).lowercased())"
        // A shell that ends its own child when its standard input closes: kubectl has no such habit.
        let script = "kubectl proxy --port=0 & proxy=$!; cat >/dev/null; kill $proxy; wait $proxy; exit 0"
        var answers: [Answer] = []
        try await withChild(Command("bash", ["-c", script], environment: environment)) { streams in
            let line = try await Probe.line(of: streams.output)
            let address = try #require(line.split(separator: " ").last)
            let send: Send = { method, target, body in
                let options = [
                    "-sS", "-X", method, "-H", "Content-Type: application/json", "-w", "\n%{http_code}",
                    "--data-binary", "@-",
                    "http://\(address)\(target)",
                ]
                let bytes = try await runChild(
                    Command("curl", options, environment: environment), input: body.map(JSONText.bytes) ?? [])
                let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                return Answer(
                    code: Int(parts.last ?? "") ?? 0,
                    document: (try? JSONText.parse(parts.dropLast().joined(separator: "\n"))) ?? .null)
            }
            do {
                answers = try await Self.answers(namespace: namespace, send)
            } catch {
                _ = try? await send("DELETE", "/api/v1/namespaces/\(namespace)", nil)
                throw error
            }
            _ = try await send("DELETE", "/api/v1/namespaces/\(namespace)", nil)
            streams.input.close()
        }
        return answers
    }

    private static func answers(namespace: String, _ send: Send) async throws -> [Answer] {
        for definition in CustomResourceDefinitions.all { try await install(definition, send) }
        let place: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]
        #expect(try await send("POST", "/api/v1/namespaces", place).code == 201)
        var answers: [Answer] = []
        for (index, row) in all.enumerated() {
            let name = "row-\(index)"
            let path = "/apis/dr.hotswap.io/v1alpha1/namespaces/\(namespace)/\(row.kind.plural)"
            var object = base(row.kind, name)
            if row.isUpdate {
                let stored = try await send("POST", path, object)
                #expect(stored.code == 201, "\(row.title): \(stored.texts)")
                object = stored.document
            }
            for (field, value) in row.changes.sorted(by: { $0.key < $1.key }) {
                object = set(object, field.split(separator: ".").map(String.init)[...], value)
            }
            let query = "?dryRun=All" + (row.unknown == nil ? "" : "&fieldValidation=Strict")
            answers.append(
                try await row.isUpdate
                    ? send("PUT", "\(path)/\(name)\(query)", object) : send("POST", path + query, object))
        }
        return answers
    }

    /// Creates or replaces a definition and waits until its kind is served.
    private static func install(_ definition: JSON, _ send: Send) async throws {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        let name = definition[path: "metadata", "name"]?.string ?? ""
        if try await send("POST", path, definition).code == 409 {
            var changed = definition
            let stored = try await send("GET", "\(path)/\(name)", nil)
            changed["metadata"]?["resourceVersion"] = stored.document[path: "metadata", "resourceVersion"]
            #expect(try await send("PUT", "\(path)/\(name)", changed).code == 200)
        }
        let plural = definition[path: "spec", "names", "plural"]?.string ?? ""
        for _ in 0..<1000 where try await send("GET", "/apis/dr.hotswap.io/v1alpha1/\(plural)?limit=1", nil).code != 200
        {}
    }

    private static func set(_ value: JSON, _ path: ArraySlice<String>, _ new: JSON?) -> JSON {
        guard let key = path.first else { return new ?? .null }
        let rest = path.dropFirst()
        if case .array(var items) = value, let index = Int(key) {
            let item = set(index < items.count ? items[index] : .null, rest, new)
            if index < items.count { items[index] = item } else { items.append(item) }
            return .array(items)
        }
        var value = value
        value[key] = rest.isEmpty ? new : set(value[key] ?? .object([:]), rest, new)
        return value
    }

    private static func base(_ kind: Kind, _ name: String) -> JSON {
        let plan: JSON = [
            "storeRef": ["name": "primary"],
            "phases": [
                ["name": "restore", "steps": [["name": "one", "http": ["url": "http://localhost/"]]]]
            ],
        ]
        let spec: JSON =
            switch kind {
            case .store:
                [
                    "encryption": ["recipients": [.string("age1" + String(repeating: "q", count: 58))]],
                    "s3": [
                        "endpoint": "https://s3.example.com", "bucket": "backups", "credentialsSecret": ["name": "s3"],
                    ],
                ]
            case .policy:
                [
                    "source": ["postgresql": ["host": "db", "database": "app", "user": "backup"]],
                    "storeRef": ["name": "primary"],
                ]
            case .backup: ["policyRef": ["name": "app"], "storeRef": ["name": "primary"]]
            case .plan: plan
            case .run:
                [
                    "planRef": ["name": "app"], "planHash": .string(String(repeating: "a", count: 64)),
                    "mode": "Recover",
                    "token": "inc-1", "plan": plan,
                ]
            }
        return [
            "apiVersion": "dr.hotswap.io/v1alpha1", "kind": .string(kind.rawValue), "metadata": ["name": .string(name)],
            "spec": spec,
        ]
    }
}
