import Foundation
import KubernetesModel
import Testing

@testable import RecoveryAPI

@Suite("The definitions")
struct DefinitionTests {
    @Test("in crds/ are what the types print")
    func agree() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../crds").standardized
        for definition in CustomResourceDefinitions.all {
            let file = folder.appending(path: CustomResourceDefinitions.fileName(of: definition))
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text == YAMLText.document(definition), "\(file.lastPathComponent): run dr crds --output crds")
        }
    }

    @Test("bound every string, list and map, and describe every field")
    func bounded() {
        // GitOps tools report a default in a list's item as drift, however deep it is.
        func walk(_ schema: JSON, _ path: String, inList: Bool = false) {
            #expect(!inList || schema["default"] == nil, "\(path) has a default inside a list")
            #expect(schema["description"]?.string?.isEmpty == false, "\(path) has no description")
            switch schema["type"]?.string {
            case "string":
                let isBounded = schema["maxLength"] != nil || schema["enum"] != nil || schema["format"] == "date-time"
                #expect(isBounded, "\(path) has no maxLength")
            case "array":
                #expect(schema["maxItems"] != nil, "\(path) has no maxItems")
                if let items = schema["items"] { walk(items, path + "[]", inList: true) }
            case "object":
                for (name, value) in schema["properties"]?.object ?? [:] {
                    walk(value, "\(path).\(name)", inList: inList)
                }
                if schema["additionalProperties"] != nil {
                    #expect(schema["maxProperties"] != nil, "\(path) has no maxProperties")
                }
            default: break
            }
        }
        for definition in CustomResourceDefinitions.all {
            let schema = definition[path: "spec", "versions"]?[0]?[path: "schema", "openAPIV3Schema"] ?? .null
            for part in ["spec", "status"] { walk(schema["properties"]?[part] ?? .null, part) }
        }
    }

    @Test("have a page for each kind that names every field of its spec")
    func pages() throws {
        let docs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs").standardized
        for definition in CustomResourceDefinitions.all {
            let kind = definition[path: "spec", "names", "kind"]?.string ?? ""
            let page = try String(contentsOf: docs.appending(path: "\(kind.lowercased()).md"), encoding: .utf8)
            // A run holds a whole plan: its page leads to the plan's.
            let isElsewhere = kind == "RecoveryRun" ? "spec.plan" : nil
            func walk(_ schema: JSON, _ path: String) {
                for (name, value) in schema["properties"]?.object ?? [:] {
                    #expect(page.contains(word: name), "\(path).\(name) is not in docs/\(kind.lowercased()).md")
                    if "\(path).\(name)" != isElsewhere { walk(value, "\(path).\(name)") }
                }
                if let items = schema["items"] { walk(items, path) }
            }
            let schema = definition[path: "spec", "versions"]?[0]?[path: "schema", "openAPIV3Schema"] ?? .null
            walk(schema["properties"]?["spec"] ?? .null, "spec")
        }
    }
}

@Suite("A plan")
struct PlanCheckTests {
    private func plan(_ phases: [(String, [String]?)]) -> RecoveryPlan.Spec {
        var step = Step(name: "s")
        let scale: JSON = ["kind": "Deployment", "name": "api", "replicas": 0]
        step.scale = try? scale.decode(Step.Scale.self)
        return RecoveryPlan.Spec(
            storeRef: ObjectReference(name: "s"),
            phases: phases.map { RecoveryPlan.Phase(name: $0.0, dependsOn: $0.1, steps: [step]) })
    }

    @Test("with a cycle is refused, and the cycle is named")
    func cycle() {
        let error = #expect(throws: SpecError.self) {
            try PlanCheck.check(plan([("a", ["c"]), ("b", ["a"]), ("c", ["b"])]))
        }
        #expect(error?.reason == Reason.planCycle)
        #expect(error?.message.contains("a → c → b → a") == true)
    }

    @Test("that depends on what is not there is refused")
    func unknownPhase() {
        let error = #expect(throws: SpecError.self) { try PlanCheck.check(plan([("a", ["x"])])) }
        #expect(error?.field == "spec.phases[0].dependsOn")
    }

    @Test("without dependsOn follows the phase above")
    func order() throws {
        let spec = plan([("a", nil), ("b", nil), ("c", [])])
        try PlanCheck.check(spec)
        #expect(PlanCheck.dependencies(of: spec.phases[1], in: spec) == ["a"])
        #expect(PlanCheck.dependencies(of: spec.phases[2], in: spec).isEmpty)
    }

    private func scales(_ phases: [(String, [String]?, [(String, String?)])]) throws -> RecoveryPlan.Spec {
        RecoveryPlan.Spec(
            storeRef: ObjectReference(name: "s"),
            phases: try phases.map { phase in
                RecoveryPlan.Phase(
                    name: phase.0, dependsOn: phase.1,
                    steps: try phase.2.map { name, asBefore in
                        var scale: JSON = ["kind": "Deployment", "name": "api"]
                        if let asBefore { scale["asBefore"] = .string(asBefore) } else { scale["replicas"] = 0 }
                        var step = Step(name: name)
                        step.scale = try scale.decode(Step.Scale.self)
                        return step
                    })
            })
    }

    @Test("names the scale step that asBefore means: one that has ended by then, and one alone")
    func asBefore() throws {
        // The same name in two phases is no mistake: only the earlier one is earlier.
        try PlanCheck.check(scales([("stop", nil, [("web", nil)]), ("start", nil, [("web", "web")])]))
        try PlanCheck.check(scales([("all", nil, [("down", nil), ("up", "down")])]))
        let missing = try scales([("stop", nil, [("web", nil)]), ("start", [], [("up", "web")])])
        let own = try scales([("a", nil, [("up", "up")])])
        for plan in [missing, own] {
            let error = #expect(throws: SpecError.self) { try PlanCheck.check(plan) }
            #expect(
                error?.field.hasSuffix("scale.asBefore") == true
                    && error?.message.contains("no earlier scale step") == true)
        }
        let twice = try scales([("a", nil, [("web", nil)]), ("b", nil, [("web", nil)]), ("c", nil, [("up", "web")])])
        let error = #expect(throws: SpecError.self) { try PlanCheck.check(twice) }
        #expect(error?.field == "spec.phases[2].steps[0].scale.asBefore" && error?.message.contains("a and b") == true)
    }
}

extension String {
    /// With no letter or digit beside it.
    fileprivate func contains(word: String) -> Bool {
        ranges(of: word).contains { range in
            func isFree(_ neighbour: Character?) -> Bool { neighbour.map { !$0.isLetter && !$0.isNumber } ?? true }
            return isFree(self[..<range.lowerBound].last) && isFree(self[range.upperBound...].first)
        }
    }
}
