import KubernetesModel
import Testing

@testable import RecoveryAPI

/// No text that a tool or a server says can make a status that the API server refuses.
@Suite("A status")
struct StatusLimitsTests {
    static let kinds = CustomResourceDefinitions.all.compactMap { $0[path: "spec", "names", "kind"]?.string }

    static func schema(_ kind: String) -> JSON {
        let definition = CustomResourceDefinitions.all.first { $0[path: "spec", "names", "kind"]?.string == kind }
        return definition?[path: "spec", "versions"]?[0]?[path: "schema", "openAPIV3Schema", "properties"]?["status"]
            ?? .null
    }

    /// A value of every field, each text far too long, each list too.
    private static func excess(_ schema: JSON) -> JSON {
        switch schema["type"]?.string {
        case "string": schema["maxLength"] == nil ? "x" : .string(String(repeating: "ü👩‍👩‍👧", count: 20_000))
        case "array":
            .array(
                Array(
                    repeating: excess(schema["items"] ?? .null),
                    count: schema["x-kubernetes-list-type"] == "atomic" ? Int(schema["maxItems"]?.integer ?? 0) + 3 : 1)
            )
        case "object":
            if let each = schema["additionalProperties"] {
                ["a": excess(each)]
            } else {
                .object((schema["properties"]?.object ?? [:]).mapValues(excess))
            }
        default: 1
        }
    }

    private static func complaints(_ value: JSON, _ schema: JSON, _ path: String) -> [String] {
        switch value {
        case .string(let text):
            let isLong = schema["maxLength"]?.integer.map { text.unicodeScalars.count > Int($0) } ?? false
            return isLong ? [path] : []
        case .array(let items):
            let isLong = schema["maxItems"]?.integer.map { items.count > Int($0) } ?? false
            return (isLong ? [path] : []) + items.flatMap { complaints($0, schema["items"] ?? .null, path + "[]") }
        case .object(let members):
            return members.flatMap { name, member in
                complaints(
                    member, schema["properties"]?[name] ?? schema["additionalProperties"] ?? .null, "\(path).\(name)")
            }
        default: return []
        }
    }

    @Test("whose texts are all too long fits afterwards, of every kind", arguments: kinds)
    func fits(_ kind: String) {
        let schema = Self.schema(kind)
        let long = Self.excess(schema)
        #expect(!Self.complaints(long, schema, kind).isEmpty)
        let fitting = StatusLimits.fit(long, of: kind)
        #expect(Self.complaints(fitting, schema, kind) == [])
        #expect(StatusLimits.fit(fitting, of: kind) == fitting, "a second time changes nothing")
    }

    @Test("that fits is left as it is; an empty text is left out where none is allowed, and kept where one must be")
    func rest() throws {
        var run = RecoveryRun(
            metadata: ObjectMeta(name: "r", namespace: "n"),
            spec: RecoveryRun.Spec(
                planRef: ObjectReference(name: "p"), token: "t", mode: .recover, to: nil,
                plan: RecoveryPlan.Spec(storeRef: ObjectReference(name: "s"), phases: []),
                planHash: ""))
        run.status = RecoveryRun.Status()
        run.status?.message = "recovered"
        #expect(try StatusLimits.fit(run) == run)
        run.status?.message = ""
        run.status?.steps = [RecoveryRun.StepStatus(phase: "a", step: "b", kind: "sql")]
        run.status?.steps?[0].message = String(repeating: "m", count: 5000)
        let fitting = try StatusLimits.fit(run)
        #expect(fitting.status?.message == nil)
        #expect(fitting.status?.steps?[0].message?.count == 4096)
        #expect(fitting.status?.steps?[0].message?.hasSuffix("m…") == true)
        #expect(fitting.spec == run.spec)
    }
}
