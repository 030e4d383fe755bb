import APIMachinery
import KubernetesModel
import Testing

@Suite("Errors of fields") struct FieldErrorTests {
    @Test(
        "print as Kubernetes prints them",
        arguments: [
            (FieldError.required(FieldPath("spec.mode")), "spec.mode: Required value"),
            (
                .notSupported(FieldPath("spec.mode"), "Wild", supported: ["Fast", "Safe"]),
                #"spec.mode: Unsupported value: "Wild": supported values: "Fast", "Safe""#
            ),
            (.tooLong(FieldPath("spec.name"), maximum: 8), "spec.name: Too long: may not be more than 8 bytes"),
            (
                .tooMany(FieldPath("spec").child("tags"), count: 5, maximum: 4),
                "spec.tags: Too many: 5: must have at most 4 items"
            ),
            (
                .duplicate(FieldPath("spec.parts").index(1), ["name": "one"]),
                #"spec.parts[1]: Duplicate value: {"name":"one"}"#
            ),
            (
                .invalid(FieldPath("spec"), nil, "size must not exceed limit"),
                "spec: Invalid value: size must not exceed limit"
            ),
            (.invalid(.root, .null, "some"), "<nil>: Invalid value: null: some"),
            (.invalid(FieldPath("a").key("b/c"), 2.5, "x"), "a[b/c]: Invalid value: 2.5: x"),
        ] as [(FieldError, String)])
    func prints(_ error: FieldError, _ text: String) {
        #expect(error.description == text)
    }

    @Test("one stands alone in the status, several in brackets, each once")
    func status() {
        let one = FieldError.required(FieldPath("spec.a"))
        let two = FieldError.forbidden(FieldPath("spec.b"), "no")
        let single = APIStatus.invalid(group: "", kind: "ConfigMap", name: "x", errors: [one])
        #expect(single.message == #"ConfigMap "x" is invalid: spec.a: Required value"#)
        #expect(single.code == 422 && single.reason == "Invalid" && single.details?.group == nil)
        let several = APIStatus.invalid(group: "g.io", kind: "Sample", name: "x", errors: [one, two, one])
        #expect(several.message == #"Sample.g.io "x" is invalid: [spec.a: Required value, spec.b: Forbidden: no]"#)
        #expect(
            several.details?.causes?.map(\.reason) == [
                "FieldValueRequired", "FieldValueForbidden", "FieldValueRequired",
            ])
    }
}
