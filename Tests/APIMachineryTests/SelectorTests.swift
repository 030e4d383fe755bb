import APIMachinery
import KubernetesModel
import Testing

/// What Kubernetes 1.36 answers to each.
@Suite struct SelectorTests {
    private static let labels = ["a": "b", "n": "7", "in": "notin", "e": ""]

    @Test(arguments: [
        ("a", true), ("!a", false), ("x", false), ("!x", true), ("a=b", true), ("a==b", true), ("a!=b", false),
        (" a = b ", true), ("a in(b,c)", true), ("a in (c)", false), ("a notin(b)", false), ("x notin (b)", true),
        ("in=notin", true), ("in in (in,notin)", true), ("a=b,n=7", true), ("a=b,n=8", false), ("e=", true),
        ("a=", false),
        ("e in ()", true), ("a in (,b)", true), ("e in (b,)", true), ("e in (b,,c)", true), ("e in (,,)", true),
        ("n>6", true), ("n>7", false), ("n<8", true), ("a>1", false), ("x<1", false), ("a\t\n=b", true), ("", true),
    ])
    func `a label selector chooses`(_ text: String, _ isMet: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(Self.labels) == isMet)
    }

    @Test func `of labels in an object, an empty selector matches everything and an absent one nothing`() {
        let absent: JSON? = nil
        #expect(LabelSelector([:] as JSON).matches(["a": "b"]))
        #expect(!LabelSelector(absent).matches(["a": "b"]))
    }

    private static let value = """
        a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end \
        with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
        '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        """
    private static let form = """
        must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
        (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        """
    private static let long = String(repeating: "x", count: 64)

    @Test(arguments: [
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!!a", "unable to parse requirement: found '!', expected: identifier"),
        ("!a b", "found 'b', expected: ',' or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a,", "found '', expected: identifier after ','"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a!b", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("a notin b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in ())", "found ')', expected: ',' or 'end of string'"),
        ("a=(b)", "unable to parse requirement: found '(', expected: identifier"),
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("a>=3", "unable to parse requirement: found '=', expected: identifier"),
        ("a><1", "unable to parse requirement: found '<', expected: identifier"),
        (
            "a>x",
            #"unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer"#
        ),
        (
            "a<",
            #"unable to parse requirement: values[0]: Invalid value: "": for 'Gt', 'Lt' operators, the value must be an integer"#
        ),
        ("a=-x", #"unable to parse requirement: values[0][a]: Invalid value: "-x": \#(value)"#),
        (#"a="x""#, #"unable to parse requirement: values[0][a]: Invalid value: "\"x\"": \#(value)"#),
        (
            "a in(-x,-y)",
            """
            unable to parse requirement: [values[0][a]: Invalid value: "-x": \(value), \
            values[1][a]: Invalid value: "-y": \(value)]
            """
        ),
        (
            "a=\(long)",
            #"unable to parse requirement: values[0][a]: Invalid value: "\#(long)": must be no more than 63 bytes"#
        ),
        (
            long,
            #"unable to parse requirement: <nil>: Invalid value: "\#(long)": name part must be no more than 63 bytes"#
        ),
        ("/a", #"unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty"#),
        ("a/-=x", #"unable to parse requirement: <nil>: Invalid value: "a/-": name part \#(form)"#),
        (
            "x/y/z=1",
            """
            unable to parse requirement: <nil>: Invalid value: "x/y/z": a valid label key \(form) with an optional DNS \
            subdomain prefix and '/' (e.g. 'example.com/MyName')
            """
        ),
    ])
    func `a malformed label selector is refused as Kubernetes refuses it`(_ text: String, _ message: String) {
        let error = #expect(throws: MachineryError.self) { try LabelSelector(parsing: text) }
        #expect(error?.code == 400)
        #expect(error?.description == message)
    }

    private static let samples = ResourceType(
        group: "example.com", version: "v1", kind: "Sample", plural: "samples", namespaced: true)
    private static let maps = ResourceType(
        group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true)
    private static let jobs = ResourceType(group: "batch", version: "v1", kind: "Job", plural: "jobs", namespaced: true)

    @Test(arguments: [
        ("metadata.name=a", true), ("metadata.name==a", true), ("metadata.name!=a", false), ("metadata.name= a", false),
        ("metadata.namespace=x,metadata.name=a", true), (",", true), ("metadata.name=a,", true), ("", true),
        ("spec.mode=a\\,b\\=c\\\\d", true), ("spec.mode=a", false), ("spec.none=", true), ("spec.none!=x", true),
    ])
    func `a field selector chooses`(_ text: String, _ isMet: Bool) throws {
        let object: JSON = ["metadata": ["name": "a", "namespace": "x"], "spec": ["mode": "a,b=c\\d"]]
        let fields = ["spec.mode": ["spec", "mode"], "spec.none": ["spec", "none"]]
        #expect(try FieldSelector(parsing: text, supported: fields, type: Self.samples).matches(object) == isMet)
    }

    @Test(
        arguments: [
            ("a", maps, "invalid selector: 'a'; can't understand 'a'"),
            ("!metadata.name", maps, "invalid selector: '!metadata.name'; can't understand '!metadata.name'"),
            ("metadata.name=a,b", maps, "invalid selector: 'metadata.name=a,b'; can't understand 'b'"),
            ("metadata.name=a=b", maps, "invalid field selector: unescaped character in value: 61"),
            ("metadata.name==a==b", maps, "invalid field selector: unescaped character in value: 61"),
            (#"metadata.name=a\x"#, maps, #"invalid field selector: invalid escape sequence: \x"#),
            (#"metadata.name=a\"#, maps, #"invalid field selector: invalid escape sequence: \"#),
            ("spec.x=1", maps, #""spec.x" is not a known field selector: only "metadata.name", "metadata.namespace""#),
            ("=a", maps, #""" is not a known field selector: only "metadata.name", "metadata.namespace""#),
            (" metadata.name=x", samples, "field label not supported:  metadata.name"),
            ("spec.x=1", samples, "field label not supported: spec.x"),
            ("spec.x=1", jobs, #"field label "spec.x" not supported for Job"#),
            ("spec.x=1,b", samples, "invalid selector: 'spec.x=1,b'; can't understand 'b'"),
        ] as [(String, ResourceType, String)])
    func `a malformed field selector is refused as Kubernetes refuses it`(
        _ text: String, _ type: ResourceType, _ message: String
    ) {
        let error = #expect(throws: MachineryError.self) {
            try FieldSelector(parsing: text, supported: [:], type: type)
        }
        #expect(error?.code == 400)
        #expect(error?.description == message)
    }
}
