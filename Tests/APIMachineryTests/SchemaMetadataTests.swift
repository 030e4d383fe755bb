import APIMachinery
import KubernetesModel
import Testing

@Suite("Metadata")
struct SchemaMetadataTests {
    private func errors(_ metadata: JSON, old: JSON? = nil) -> [String] {
        MetadataValidation.validate(["metadata": metadata], old: old.map { ["metadata": $0] }, namespaced: true)
            .map(\.description)
    }

    @Test("A name, a label key and a late finalizer are refused in the words of Kubernetes")
    func refuses() {
        #expect(
            errors(["name": "Bad_Name", "namespace": "conf"]) == [
                """
                metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of lower case \
                alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
                'example.com', regex used for validation is \
                '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
                """
            ])
        #expect(
            errors(["name": "a", "namespace": "conf", "labels": ["bad key": "x"]]) == [
                """
                metadata.labels: Invalid value: "bad key": name part must consist of alphanumeric characters, '-', '_' or \
                '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
                regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
                """
            ])
        let old: JSON = [
            "name": "a", "namespace": "conf", "deletionTimestamp": "2026-01-01T00:00:00Z",
            "finalizers": ["example.com/one"],
        ]
        var new = old
        new["finalizers"] = ["example.com/one", "example.com/more"]
        #expect(
            errors(new, old: old) == [
                """
                metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new \
                finalizers []string{"example.com/more"}
                """
            ])
    }

    @Test("A generated name is the prefix and five signs, and fits")
    func generatedNames() {
        var generator = SystemRandomNumberGenerator()
        #expect(MetadataValidation.generatedName(prefix: "run-", using: &generator).count == 9)
        let long = MetadataValidation.generatedName(prefix: String(repeating: "a", count: 80), using: &generator)
        #expect(long.count == 63)
        #expect(errors(["name": .string(long), "namespace": "conf", "generateName": "run-"]).isEmpty)
    }
}
