/// Rules and what Kubernetes 1.36 says of them on ``RuleCheckTests/schema``: places and messages, or the factor by which an
/// estimate of costs is over its limit; nothing for a rule that it accepts.
extension RuleCheckTests {
    static let rows: [(String, [String])] = [
        ("self.s == 'a'", []),
        ("self.x == 1", ["1:5: undefined field 'x'"]),
        ("self.s == 1", ["1:8: found no matching overload for '_==_' applied to '(string, int)'"]),
        ("self.i + 'a' == 'b'", ["1:8: found no matching overload for '_+_' applied to '(int, string)'"]),
        ("self.i", ["cel expression must evaluate to a bool"]),
        ("self.s", ["cel expression must evaluate to a bool"]),
        ("size(self.list) > 0 && self.y", ["1:28: undefined field 'y'"]),
        ("self.list.all(x, x.startsWith('a'))", []),
        ("self.list.all(x, x > 1)", ["1:20: found no matching overload for '_>_' applied to '(string, int)'"]),
        (
            "self.ulist.all(x, x.contains('a'))",
            [
                "estimated rule cost exceeds budget by factor of more than 100x",
                "contributed",
                "total more than 100x",
            ]
        ),
        (
            "self.unested.all(x, x.vals.all(y, y.contains(x.name)))",
            [
                "estimated rule cost exceeds budget by factor of more than 100x",
                "contributed",
                "total more than 100x",
            ]
        ),
        ("self.nested.map(n, n.name).exists(n, n == 'a')", []),
        ("self.nested.exists(n, n.nope == 'a')", ["1:24: undefined field 'nope'"]),
        ("self.m.all(k, self.m[k].size() > 1)", []),
        ("self.m['a'] == 'b'", []),
        ("self.m.a == 'b'", []),
        ("self.um.all(k, self.um[k] == 'x')", []),
        ("self.t < timestamp('2026-01-01T00:00:00Z')", []),
        ("self.t < 'x'", ["1:8: found no matching overload for '_<_' applied to '(timestamp, string)'"]),
        ("self.dur > duration('1h')", []),
        ("self.ios == 5 || self.ios == '5%'", []),
        ("self.any == 1", ["1:5: undefined field 'any'"]),
        ("self.obj.x == 'a'", []),
        ("self.obj.y == 'a'", ["1:9: undefined field 'y'"]),
        ("self.bytes == b'abc'", []),
        ("self.e in ['A', 'B']", []),
        ("self.e in [1, 2]", ["1:8: found no matching overload for '@in' applied to '(string, list(int))'"]),
        ("self.nul == null", ["1:10: found no matching overload for '_==_' applied to '(string, null)'"]),
        ("self.i == null", ["1:8: found no matching overload for '_==_' applied to '(int, null)'"]),
        ("oldSelf.i <= self.i", []),
        ("oldself.i <= self.i", ["1:1: undeclared reference to 'oldself' (in container '')"]),
        ("has(self.i)", []),
        ("has(self)", ["1:5: invalid argument to has() macro"]),
        ("has(self.nope)", ["1:4: undefined field 'nope'"]),
        ("foo(self.i)", ["1:4: undeclared reference to 'foo' (in container '')"]),
        ("self.i.foo()", ["1:11: undeclared reference to 'foo' (in container '')"]),
        ("self.s.matches('[')", ["1:16: invalid matches argument"]),
        ("self.s.matches('^a+$')", []),
        ("self.u.matches('^(a+)+$')", []),
        ("self.i ? true : false", ["1:8: found no matching overload for '_?_:_' applied to '(int, bool, bool)'"]),
        ("self.b ? 1 : 'a'", ["1:8: found no matching overload for '_?_:_' applied to '(bool, int, string)'"]),
        ("self.b ? self.i > 1 : self.d > 1.0", []),
        ("self.i > 1.0", []),
        ("self.i == 1.0", ["1:8: found no matching overload for '_==_' applied to '(int, double)'"]),
        ("self.d > 1", []),
        ("double(self.i) > 1.0", []),
        ("self.i / 0 == 1", []),
        ("self.list[0] == 'a'", []),
        ("self.list['a'] == 'a'", ["1:10: found no matching overload for '_[_]' applied to '(list(string), string)'"]),
        (
            "self.list.foo(x, true)",
            [
                "1:14: undeclared reference to 'foo' (in container '')",
                "1:15: undeclared reference to 'x' (in container '')",
            ]
        ),
        (
            "self.i.all(x, true)",
            [
                "1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"
            ]
        ),
        ("size(self.i) > 0", ["1:5: found no matching overload for 'size' applied to '(int)'"]),
        ("self.list + ['a'] == self.list", []),
        (
            "self.list + [1] == self.list",
            [
                "1:11: found no matching overload for '_+_' applied to '(list(string), list(int))'"
            ]
        ),
        ("[1, 'a'].size() == 2", ["1:5: expected type 'int' but found 'string'"]),
        ("{'a': 1, 'b': 'c'}.size() == 2", ["1:15: expected type 'int' but found 'string'"]),
        ("self.__namespace__ == 'x'", []),
        ("self.a__dash__b == 'x'", []),
        ("self.__if__ == 'x'", []),
        ("self.namespace == 'x'", []),
        ("self.emb.metadata.name == 'x'", []),
        ("self.emb.spec == 'x'", ["1:9: undefined field 'spec'"]),
        ("self.emb.kind == 'x'", []),
        ("!self.s", ["1:1: found no matching overload for '!_' applied to '(string)'"]),
        ("-self.s == 'a'", ["1:1: found no matching overload for '-_' applied to '(string)'"]),
        ("self.?s.orValue('') == ''", []),
        ("self.?s.hasValue()", []),
        ("self.s.hasValue()", ["1:16: found no matching overload for 'hasValue' applied to 'string.()'"]),
        ("self.?x.orValue('') == ''", ["1:5: undefined field 'x'"]),
        ("optional.of(self.s).value() == 'a'", []),
        ("self.list.isSorted()", []),
        (
            "self.nested.isSorted()",
            [
                "1:21: found no matching overload for 'isSorted' applied to 'list(selfType.nested.@idx).()'"
            ]
        ),
        ("self.ints.sum() > 3", []),
        ("self.list.sum() > 3", ["1:14: found no matching overload for 'sum' applied to 'list(string).()'"]),
        ("url(self.s).getHost() == 'a'", []),
        ("self.s.split(',').size() > 1", []),
        ("self.s.find('a') == 'a'", []),
        ("quantity(self.s).isGreaterThan(quantity('1'))", []),
        ("self.ints.all(i, v, v > i)", []),
        ("sets.contains(self.list, ['a'])", []),
        (
            "sets.contains(self.list, [1])",
            [
                "1:14: found no matching overload for 'sets.contains' applied to '(list(string), list(int))'"
            ]
        ),
        (
            "math.greatest(self.i, 1) > 1",
            [
                "1:1: undeclared reference to 'math' (in container '')",
                "1:14: undeclared reference to 'greatest' (in container '')",
            ]
        ),
        ("'%s'.format([self.s]) == 'a'", []),
        ("type(self.ios) == int", []),
        ("self.s.lowerAscii() == 'a'", []),
        ("string(self.i) == '1'", []),
        ("int(self.s) == 1", []),
        ("dyn(self.s) == 1", []),
        ("self == oldSelf", []),
        ("self.list == oldSelf.list", []),
        (
            "cel.bind(x, self.s, x == 'a')",
            [
                "1:1: undeclared reference to 'cel' (in container '')",
                "1:9: undeclared reference to 'bind' (in container '')",
                "1:10: undeclared reference to 'x' (in container '')",
                "1:21: undeclared reference to 'x' (in container '')",
            ]
        ),
        ("self.list.exists_one(x, x == 'a')", []),
        (
            "self.list.filter(x, x)",
            [
                "1:17: found no matching overload for '_?_:_' applied to '(string, list(string), list(string))'"
            ]
        ),
        ("self.list.map(x, x == 'a', x).size() > 0", []),
        ("self.keyed.all(k, k.value > 1 && k.name != '')", []),
        ("true", []),
        ("1 == 1 || self.z", ["1:15: undefined field 'z'"]),
        ("[has(self.s), has(self.u)].filter(x, x).size() == 1", []),
        ("self.s in self.list", []),
        ("self.s in self.m", []),
        ("self.i in self.list", ["1:8: found no matching overload for '@in' applied to '(int, list(string))'"]),
        ("self.s[0] == 'a'", ["1:7: found no matching overload for '_[_]' applied to '(string, int)'"]),
        (
            "self.um.map(k, k).all(k, self.ulist.exists(v, v == k))",
            [
                "estimated rule cost exceeds budget by factor of more than 100x",
                "contributed",
                "total more than 100x",
            ]
        ),
        (
            "self.ulist.all(x, self.ulist.all(y, self.ulist.all(z, x == y)))",
            [
                "estimated rule cost exceeds budget by factor of more than 100x",
                "contributed",
                "total more than 100x",
            ]
        ),
        ("self.u + self.u == 'a'", []),
        ("self.u == 'a'", []),
        ("self.s.trim().replace('a', 'b').substring(1) == 'x'", []),
        ("self.s.charAt(0) == 'x'", []),
        ("self.list.join(',') == 'a'", []),
        ("self.list.indexOf('a') == 1", []),
        ("uint(self.i) > 1u", []),
        ("self.i > 1u", []),
        ("duration(self.s).getHours() > 1", []),
        ("self.t.getFullYear() > 2020", []),
        ("self.t.getFullYear('UTC') > 2020", []),
        ("self.t + self.dur > self.t", []),
        ("self.t - self.t > self.dur", []),
        ("self.s.format([1]) == 'a'", []),
    ]
}
