import APIMachinery
import KubernetesModel
import Testing

@Suite("Expressions")
struct CELTests {
    private static let document: JSON = [
        "a": 3, "text": "hello", "list": [1, 2, 3], "map": ["x": "y"], "parts": [["name": "p", "n": 2]],
    ]

    @Test(
        "Expressions have the values that the language gives them",
        arguments: [
            ("self.a + 2 * 3 == 9", true), ("7 / 2", 3), ("-7 % 3", -1), ("1 < 2u && 2.5 > 2", true),
            ("has(self.a) && !has(self.b)", true), ("self.?b.orValue('none')", "none"), ("self.?a.hasValue()", true),
            ("self.text.startsWith('he') && self.text.endsWith('lo')", true), ("size(self.text)", 5),
            ("self.text.matches('^h.*o$')", true), ("'a,b,c'.split(',')", ["a", "b", "c"]),
            ("'a-b-c'.replace('-', '+', 1)", "a+b-c"), ("'hello'.substring(1, 3)", "el"), ("'hello'.indexOf('l')", 2),
            ("self.list.all(x, x > 0)", true), ("self.list.exists_one(x, x == 2)", true),
            ("self.list.map(x, x * 2)", [2, 4, 6]), ("self.list.filter(x, x > 1)", [2, 3]),
            ("self.list.map(x, x > 1, x + 1)", [3, 4]), ("self.list.sum()", 6), ("self.list.isSorted()", true),
            ("'x' in self.map && self.map['x'] == 'y'", true), ("self.map.exists(k, k == 'z')", false),
            ("self.parts[0].n == 2 ? 'two' : 'other'", "two"), ("type(self.a) == int", true),
            ("duration('1h30m') > duration('80m')", true), ("duration('90s').getMinutes()", 1),
            ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", true),
            ("timestamp('2026-11-23T10:20:30Z').getFullYear()", 2026),
            ("quantity('1Gi').isGreaterThan(quantity('1G'))", true),
            ("url('https://a.example:81/p').getHost()", "a.example:81"),
            ("string(12) + 'b'", "12b"), ("int('42')", 42), ("[1, 5, 3].max()", 5),
            ("sets.contains([1, 2], [2])", true), ("'%s has %d'.format(['it', 2])", "it has 2"),
            ("self.missing == 1 || true", true), ("false && self.missing == 1", false), ("[1] + [2] == [1, 2]", true),
            ("{'a': 1}.a", 1),
        ] as [(String, JSON)])
    func values(_ source: String, _ value: JSON) throws {
        #expect(try CELProgram(parsing: source).evaluate(["self": Self.document]) == value)
    }

    @Test(
        "Expressions without a value say why",
        arguments: [
            ("self.b", "no such key: b"), ("1 / 0", "division by zero"), ("self.list[7]", "index out of bounds: 7"),
            ("9223372036854775807 + 1", "integer overflow"), ("1 + 'a'", "no such overload"),
            ("self.missing || false", "no such key: missing"), ("nothing", "undeclared reference to 'nothing'"),
        ])
    func failures(_ source: String, _ message: String) throws {
        let program = try CELProgram(parsing: source)
        let failure = #expect(throws: CELProgram.Failure.self) { try program.evaluate(["self": Self.document]) }
        #expect(failure?.message == message)
    }

    @Test(
        "What is no expression is refused with its place",
        arguments: ["self ==", "(1", "a b", "'x", "1 +* 2", "has(1)"])
    func syntax(_ source: String) {
        #expect(throws: CELProgram.SyntaxError.self) { try CELProgram(parsing: source) }
    }

    @Test("A rule that would not end is stopped")
    func budget() throws {
        let list = JSON.array((0..<300).map { .integer($0) })
        let program = try CELProgram(parsing: "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))")
        #expect(throws: CELProgram.Failure.self) { try program.evaluate(["self": list]) }
    }
}
