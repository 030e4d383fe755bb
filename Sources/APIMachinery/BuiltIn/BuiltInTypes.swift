import KubernetesModel

/// The types of the built-in kinds, in a notation of one line per type, which goes on where lines are indented:
///
///     Name: field:TYPE field*:TYPE …
///
/// `Name~` is owned and merged as one piece; `field*` is required. A type is `s` string, `b` boolean, `i` and `l` whole
/// numbers of 32 and 64 bits, `t` and `u` times in seconds and microseconds, `y` bytes, `q` a whole number or text,
/// `Q` a quantity, `o` anything, `M` an object's metadata, `[T]` a list, `{T}` a map, or the name of a type. After it:
/// `@` a set, `@a,b` a list of maps with these keys, `~` a map that is one piece, `+` a list that patches add to, `+a`
/// one that they merge by this key, `^` keys are retained, `=` always there if empty, `=x` the default, `|a|b` the values
/// it may have.
///
/// Names, types and keys are those of the API of Kubernetes 1.36.
enum BuiltInTypes {
    indirect enum Kind: Sendable, Hashable {
        case string, boolean, int32, int64, time, microTime, bytes, intOrString, quantity, anything, metadata
        case named(String)
        case list(Kind)
        case map(Kind)
    }

    struct Field: Sendable, Hashable {
        var name: String
        var kind: Kind
        var isRequired = false
        /// nil unless the list is a set (no keys) or a list of maps.
        var listKeys: [String]?
        var isAtomicMap = false
        /// nil unless patches merge the list; empty for a list of values.
        var mergeKey: String?
        var retainsKeys = false
        /// Empty text for an object that is always there.
        var defaultText: String?
        var values: [String] = []
    }

    struct Object: Sendable, Hashable {
        var fields: [Field]
        var isAtomic: Bool
    }

    static let all: [String: Object] = {
        var result: [String: Object] = [:]
        for text in [metadata, core, pods, volumes, workloads, definitions] {
            var lines: [String] = []
            for line in text.split(separator: "\n") {
                if line.hasPrefix("  "), let last = lines.popLast() {
                    lines.append(last + line)
                } else {
                    lines.append(String(line))
                }
            }
            for line in lines {
                let words = line.split(separator: " ")
                guard let head = words.first?.dropLast() else { continue }
                let isAtomic = head.hasSuffix("~")
                result[String(isAtomic ? head.dropLast() : head)] = Object(
                    fields: words.dropFirst().map { Field($0) }, isAtomic: isAtomic)
            }
        }
        return result
    }()

    /// Used to check the metadata's types; as a schema it is ``ObjectMetaSchema``.
    static let metadata = """
        OwnerReference~: apiVersion*:s blockOwnerDeletion:b controller:b kind*:s name*:s uid*:s
        ManagedFieldsEntry: apiVersion:s fieldsType:s fieldsV1:o manager:s operation:s subresource:s time:t
        ObjectMeta: annotations:{s} creationTimestamp:t deletionGracePeriodSeconds:l deletionTimestamp:t finalizers:[s]@
          generateName:s generation:l labels:{s} managedFields:[ManagedFieldsEntry] name:s namespace:s
          ownerReferences:[OwnerReference]@uid+uid resourceVersion:s selfLink:s uid:s
        """
}

extension BuiltInTypes.Field {
    init(_ text: Substring) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let name = text[..<colon]
        isRequired = name.hasSuffix("*")
        self.name = String(isRequired ? name.dropLast() : name)
        var rest = text[colon...].dropFirst()
        kind = BuiltInTypes.Kind(&rest)
        while let mark = rest.popFirst() {
            let word = rest.prefix { !Self.marks.contains($0) || mark == "=" && $0 != "|" }
            rest = rest.dropFirst(word.count)
            switch mark {
            case "@": listKeys = word.split(separator: ",").map(String.init)
            case "~": isAtomicMap = true
            case "+": mergeKey = String(word)
            case "^": retainsKeys = true
            case "=": defaultText = String(word)
            default: values.append(String(word))
            }
        }
    }

    private static let marks: Set<Character> = ["@", "~", "+", "^", "=", "|"]
}

extension BuiltInTypes.Kind {
    /// Takes a type off the beginning of a text.
    fileprivate init(_ text: inout Substring) {
        switch text.first {
        case "[":
            text.removeFirst()
            self = .list(BuiltInTypes.Kind(&text))
            text = text.dropFirst()
        case "{":
            text.removeFirst()
            self = .map(BuiltInTypes.Kind(&text))
            text = text.dropFirst()
        default:
            let word = text.prefix { $0.isLetter || $0.isNumber }
            text = text.dropFirst(word.count)
            self = Self.plain[String(word)] ?? .named(String(word))
        }
    }

    private static let plain: [String: BuiltInTypes.Kind] = [
        "s": .string, "b": .boolean, "i": .int32, "l": .int64, "t": .time, "u": .microTime, "y": .bytes,
        "q": .intOrString, "Q": .quantity, "o": .anything, "M": .metadata,
    ]
}
