import Foundation

/// The functions and operators that rules may use, with their types: those of Kubernetes that the evaluator has.
enum CELFunctions {
    struct Overload: Sendable {
        var isMethod: Bool
        /// With the target of a method first.
        var parameters: [CELType]
        var result: CELType
    }

    static func overloads(of name: String) -> [Overload]? { all[name] }

    /// One function a line: `name: (parameters) result; target.(parameters) result; …`. A and B are any types, but the same
    /// within an overload. `#` stands for each of the types in `ordered`.
    private static let lines = """
        _==_: (A, A) bool
        _!=_: (A, A) bool
        _<_: (#, #) bool; (int, uint) bool; (int, double) bool; (uint, int) bool; (uint, double) bool; (double, int) bool; (double, uint) bool
        _+_: (int, int) int; (uint, uint) uint; (double, double) double; (string, string) string; (bytes, bytes) bytes; (list(A), list(A)) list(A); (duration, duration) duration; (timestamp, duration) timestamp; (duration, timestamp) timestamp
        _-_: (int, int) int; (uint, uint) uint; (double, double) double; (duration, duration) duration; (timestamp, duration) timestamp; (timestamp, timestamp) duration
        _*_: (int, int) int; (uint, uint) uint; (double, double) double
        _/_: (int, int) int; (uint, uint) uint; (double, double) double
        _%_: (int, int) int; (uint, uint) uint
        !_: (bool) bool
        -_: (int) int; (double) double
        _[_]: (list(A), int) A; (map(A, B), A) B; (optional(list(A)), int) optional(A); (optional(map(A, B)), A) optional(B)
        _[?_]: (list(A), int) optional(A); (map(A, B), A) optional(B); (optional(list(A)), int) optional(A); (optional(map(A, B)), A) optional(B)
        @in: (A, list(A)) bool; (A, map(A, B)) bool
        _?_:_: (bool, A, A) A
        size: (string) int; (bytes) int; (list(A)) int; (map(A, B)) int; string.() int; bytes.() int; list(A).() int; map(A, B).() int
        int: (int) int; (double) int; (duration) int; (string) int; (timestamp) int; (uint) int
        uint: (uint) uint; (double) uint; (int) uint; (string) uint
        double: (double) double; (int) double; (string) double; (uint) double
        bool: (bool) bool; (string) bool
        string: (string) string; (bool) string; (bytes) string; (double) string; (duration) string; (int) string; (timestamp) string; (uint) string
        bytes: (bytes) bytes; (string) bytes
        timestamp: (timestamp) timestamp; (string) timestamp; (int) timestamp
        duration: (duration) duration; (string) duration
        dyn: (A) dyn
        type: (A) type
        contains: string.(string) bool
        startsWith: string.(string) bool
        endsWith: string.(string) bool
        matches: string.(string) bool
        find: string.(string) string
        findAll: string.(string) list(string); string.(string, int) list(string)
        charAt: string.(int) string
        indexOf: string.(string) int; string.(string, int) int; list(A).(A) int
        lastIndexOf: string.(string) int; string.(string, int) int; list(A).(A) int
        join: list(string).() string; list(string).(string) string
        lowerAscii: string.() string
        upperAscii: string.() string
        trim: string.() string
        replace: string.(string, string) string; string.(string, string, int) string
        split: string.(string) list(string); string.(string, int) list(string)
        substring: string.(int) string; string.(int, int) string
        format: string.(list(dyn)) string
        isSorted: list(#).() bool
        sum: list(int).() int; list(uint).() uint; list(double).() double; list(duration).() duration
        min: list(#).() #
        max: list(#).() #
        url: (string) kubernetes.URL
        isURL: (string) bool
        getScheme: kubernetes.URL.() string
        getHost: kubernetes.URL.() string
        getHostname: kubernetes.URL.() string
        getPort: kubernetes.URL.() string
        getEscapedPath: kubernetes.URL.() string
        getQuery: kubernetes.URL.() map(string, list(string))
        quantity: (string) kubernetes.Quantity
        isQuantity: (string) bool
        sign: kubernetes.Quantity.() int
        isInteger: kubernetes.Quantity.() bool
        asInteger: kubernetes.Quantity.() int
        asApproximateFloat: kubernetes.Quantity.() double
        isGreaterThan: kubernetes.Quantity.(kubernetes.Quantity) bool
        isLessThan: kubernetes.Quantity.(kubernetes.Quantity) bool
        compareTo: kubernetes.Quantity.(kubernetes.Quantity) int
        add: kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity
        sub: kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity
        isIP: (string) bool
        isCIDR: (string) bool
        optional.of: (A) optional(A)
        optional.ofNonZeroValue: (A) optional(A)
        optional.none: () optional(A)
        hasValue: optional(A).() bool
        value: optional(A).() A
        or: optional(A).(optional(A)) optional(A)
        orValue: optional(A).(A) A
        sets.contains: (list(A), list(A)) bool
        sets.equivalent: (list(A), list(A)) bool
        sets.intersects: (list(A), list(A)) bool
        getFullYear: timestamp.() int; timestamp.(string) int
        getMonth: timestamp.() int; timestamp.(string) int
        getDate: timestamp.() int; timestamp.(string) int
        getDayOfMonth: timestamp.() int; timestamp.(string) int
        getDayOfWeek: timestamp.() int; timestamp.(string) int
        getDayOfYear: timestamp.() int; timestamp.(string) int
        getHours: timestamp.() int; timestamp.(string) int; duration.() int
        getMinutes: timestamp.() int; timestamp.(string) int; duration.() int
        getSeconds: timestamp.() int; timestamp.(string) int; duration.() int
        getMilliseconds: timestamp.() int; timestamp.(string) int; duration.() int
        """

    private static let ordered = ["bool", "int", "uint", "double", "string", "bytes", "duration", "timestamp"]

    private static let all: [String: [Overload]] = {
        var result: [String: [Overload]] = [:]
        for line in lines.split(separator: "\n") {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let overloads = line[colon.upperBound...].components(separatedBy: "; ").flatMap { text in
                text.contains("#") ? ordered.map { text.replacing("#", with: $0) } : [text]
            }
            result[String(line[..<colon.lowerBound])] = overloads.compactMap(parse)
        }
        for sign in ["_<=_", "_>_", "_>=_"] { result[sign] = result["_<_"] }
        return result
    }()

    /// `string.(string, int) bool`.
    private static func parse(_ text: String) -> Overload? {
        var reader = TypeReader(text)
        var parameters: [CELType] = []
        let isMethod = text.first != "("
        if isMethod {
            parameters.append(reader.type())
            reader.take(".")
        }
        reader.take("(")
        while !reader.take(")") {
            parameters.append(reader.type())
            reader.take(",")
        }
        return Overload(isMethod: isMethod, parameters: parameters, result: reader.type())
    }

    private struct TypeReader {
        private var rest: Substring

        init(_ text: String) { rest = Substring(text) }

        @discardableResult
        mutating func take(_ sign: Character) -> Bool {
            rest = rest.drop { $0 == " " }
            guard rest.first == sign else { return false }
            rest.removeFirst()
            return true
        }

        mutating func type() -> CELType {
            rest = rest.drop { $0 == " " }
            var name = String(rest.prefix { $0.isLetter })
            rest = rest.dropFirst(name.count)
            if name == "kubernetes" {
                name += "." + rest.dropFirst().prefix { $0.isLetter }
                rest = rest.drop { $0 == "." }.drop { $0.isLetter }
                return .opaque(name)
            }
            switch name {
            case "A": return .variable(-1)
            case "B": return .variable(-2)
            case "list": return .list(arguments(1)[0])
            case "optional": return .optional(arguments(1)[0])
            case "map":
                let types = arguments(2)
                return .map(types[0], types[1])
            default: return Self.plain[name] ?? .dyn
            }
        }

        private mutating func arguments(_ count: Int) -> [CELType] {
            take("(")
            var result = [type()]
            for _ in 1..<max(count, 1) {
                take(",")
                result.append(type())
            }
            take(")")
            return result
        }

        private static let plain: [String: CELType] = [
            "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes,
            "duration": .duration, "timestamp": .timestamp, "type": .type, "dyn": .dyn,
        ]
    }
}
