/// The table and columns of `COPY schema.table (a, "b c") FROM stdin;` as `pg_dump` writes it.
struct CopyStatement: Hashable {
    var schema: String
    var table: String
    var columns: [String]

    init?(_ text: String) {
        var rest = Substring(text)
        guard rest.hasPrefix("COPY ") else { return nil }
        rest = rest.dropFirst(5)
        guard let relation = SQLText.relation(&rest) else { return nil }
        rest = rest.drop { $0 == " " }
        var columns: [String] = []
        if rest.first == "(" {
            rest = rest.dropFirst()
            while let column = SQLText.identifier(&rest) {
                columns.append(column)
                rest = rest.drop { $0 == "," || $0 == " " }
            }
            guard rest.first == ")" else { return nil }
            rest = rest.dropFirst().drop { $0 == " " }
        }
        guard rest.hasPrefix("FROM stdin") else { return nil }
        schema = relation.schema
        table = relation.name
        self.columns = columns
    }
}

extension Fingerprint.Sequence {
    /// Of `SELECT pg_catalog.setval('schema.name', 5, true);`, whose name the entry has too.
    init?(_ entry: ArchiveEntry) {
        guard entry.kind == "SEQUENCE SET", let quote = entry.definition.lastIndex(of: "'") else { return nil }
        let numbers = entry.definition[entry.definition.index(after: quote)...]
            .prefix { $0 != ")" }.split(separator: ",").map { $0.filter { $0 != " " } }
        guard numbers.count == 2, let value = Int64(numbers[0]) else { return nil }
        self.init(schema: entry.schema, name: entry.tag, lastValue: value, isCalled: numbers[1] == "true")
    }
}

/// The little SQL that must be read: what `pg_dump` writes about names.
enum SQLText {
    /// Takes exactly this from the front.
    static func take(_ expected: String, _ text: inout Substring) -> Bool {
        guard text.hasPrefix(expected) else { return false }
        text = text.dropFirst(expected.count)
        return true
    }

    /// Takes `schema.name` from the front.
    static func relation(_ text: inout Substring) -> (schema: String, name: String)? {
        guard let schema = identifier(&text), take(".", &text), let name = identifier(&text) else { return nil }
        return (schema, name)
    }

    /// Takes an identifier from the front: plain, or in quotes with quotes doubled.
    static func identifier(_ text: inout Substring) -> String? {
        guard let first = text.unicodeScalars.first else { return nil }
        if first == "\"" {
            var name = String.UnicodeScalarView()
            var rest = text.unicodeScalars.dropFirst()
            while let scalar = rest.popFirst() {
                if scalar == "\"" {
                    guard rest.first == "\"" else {
                        text = Substring(rest)
                        return String(name)
                    }
                    rest.removeFirst()
                }
                name.append(scalar)
            }
            return nil
        }
        let name = text.unicodeScalars.prefix { isPartOfName($0) }
        guard !name.isEmpty else { return nil }
        text = text[name.endIndex...]
        return String(Substring(name))
    }

    static func isPartOfName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "$" || scalar.value >= 128 || ("a"..."z").contains(scalar)
            || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}
