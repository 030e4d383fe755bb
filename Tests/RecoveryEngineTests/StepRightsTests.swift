import KubernetesModel
import KubernetesResourcesProtection
import RecoveryAPI
import Testing

@testable import RecoveryEngine

/// What steps refuse before they touch anything.
@Suite struct StepRightsTests {
    @Test(
        "A plan applies to its own namespace, and elsewhere only where the operator was told so",
        arguments: [
            (nil, true, .ownNamespace, nil),
            ("shop", true, .ownNamespace, nil),
            ("kube-system", true, .ownNamespace, "ConfigMap one of the namespace \"kube-system\""),
            ("kube-system", nil, .ownNamespace, "ConfigMap one of the namespace \"kube-system\""),
            (nil, nil, .ownNamespace, nil),
            (nil, false, .ownNamespace, "ConfigMap one, which belongs to no namespace"),
            // The API server pays no heed to the namespace of what has none.
            ("shop", false, .ownNamespace, "which belongs to no namespace"),
            ("kube-system", true, .everything(for: ["other"]), "--cross-namespace-from shop"),
            ("kube-system", true, .everything(for: ["shop"]), nil),
            (nil, false, .everything(for: ["shop"]), nil),
            (nil, false, .everythingForAll, nil),
        ] as [(String?, Bool?, ResourceReach, String?)])
    func reach(namespace: String?, isNamespaced: Bool?, reach: ResourceReach, words: String?) {
        var metadata: JSON = ["name": "one"]
        metadata["namespace"] = namespace.map(JSON.string)
        let object: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata]
        let complaint = ApplyStep.complaint(object, isNamespaced: isNamespaced, from: "shop", reach: reach)
        #expect((complaint == nil) == (words == nil))
        if let words, let complaint { #expect("\(complaint)".contains(words) && !complaint.isRetriable) }
    }

    @Test(
        "A statement goes to the policy's database, or to the one that it names of several",
        arguments: [
            ("app", nil, nil, .success("app")), ("app", nil, "app", .success("app")),
            ("app", nil, "other", .failure("protects \"app\", not \"other\"")),
            (nil, ["a_*", "!a_tmp"], "a_1", .success("a_1")),
            (nil, ["a_*", "!a_tmp"], nil, .failure("protects several databases; name one")),
            (nil, ["a_*", "!a_tmp"], "a_tmp", .failure("none of the databases")),
            (nil, ["a_*", "!a_tmp"], "postgres", .failure("a_*, !a_tmp")),
        ] as [(String?, [String]?, String?, Expected)])
    func database(one: String?, several: [String]?, wanted: String?, expected: Expected) throws {
        let source = PostgreSQLSource(host: "h", database: one, databases: several, user: "u")
        switch expected {
        case .success(let name):
            let found = try SQLStep.one(wanted, of: source, policy: "db")
            #expect(found.database == name && found.databases == nil)
        case .failure(let words):
            let error = #expect(throws: StepError.self) { try SQLStep.one(wanted, of: source, policy: "db") }
            let text = "\(try #require(error))"
            #expect(text.contains(words) && text.contains("sql.database"))
        }
    }

    enum Expected: Sendable {
        case success(String)
        case failure(String)
    }
}
