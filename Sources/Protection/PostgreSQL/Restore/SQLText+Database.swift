import PostgreSQLClient

extension SQLText {
    /// Statements that `pg_dump` wrote about a database, with another database's name: the name after each word
    /// DATABASE outside of texts and names.
    static func renamingDatabase(_ sql: String, to name: String) -> String {
        var output = ""
        var rest = Substring(sql)
        while let character = rest.first {
            if character == "'" {
                output += takeString(&rest, escapes: output.last == "E")
            } else if character == "\"" {
                let before = rest
                guard identifier(&rest) != nil else { return output + before }
                output += before[..<rest.startIndex]
            } else if character.unicodeScalars.allSatisfy(isPartOfName) {
                let before = rest
                guard let word = identifier(&rest) else { return output + before }
                output += word
                guard word.uppercased() == "DATABASE" else { continue }
                let blanks = rest.prefix { $0.isWhitespace }
                var after = rest.dropFirst(blanks.count)
                if identifier(&after) != nil {
                    output += blanks + PostgresIdentifier.quote(name)
                    rest = after
                }
            } else {
                output.append(character)
                rest = rest.dropFirst()
            }
        }
        return output
    }

    /// What `CREATE DATABASE name WITH TEMPLATE = template0 ENCODING = 'UTF8' …` sets.
    static func databaseOptions(_ sql: String) -> [(name: String, value: String)] {
        var options: [(name: String, value: String)] = []
        var rest = Substring(sql)
        var last = ""
        while let character = rest.first {
            if character == "=" {
                rest = rest.dropFirst().drop { $0 == " " }
                if rest.first == "'" {
                    let text = takeString(&rest, escapes: false)
                    options.append((last, String(text.dropFirst().dropLast()).replacing("''", with: "'")))
                } else if let value = identifier(&rest) {
                    options.append((last, value))
                } else {
                    let value = rest.prefix { $0 != " " && $0 != ";" }
                    options.append((last, String(value)))
                    rest = rest.dropFirst(value.count)
                }
            } else if character == "\"" {
                guard identifier(&rest) != nil else { return options }
            } else if character.unicodeScalars.allSatisfy(isPartOfName) {
                guard let word = identifier(&rest) else { return options }
                last = word
            } else {
                rest = rest.dropFirst()
            }
        }
        return options
    }

    /// `"$user", public` as names.
    static func nameList(_ text: String) -> [String] {
        var names: [String] = []
        var rest = Substring(text)
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            guard let first = rest.first else { return names }
            if first == "\"" {
                guard let name = identifier(&rest) else { return names }
                names.append(name)
            } else {
                let name = rest.prefix { $0 != "," && $0 != " " }
                names.append(name.lowercased())
                rest = rest.dropFirst(name.count)
            }
        }
    }

    /// The names of the roles that GRANT and REVOKE statements of `pg_dump` give to or take from.
    static func grantees(_ sql: String) -> Set<String> {
        var roles: Set<String> = []
        var rest = Substring(sql)
        while let character = rest.first {
            if character == "'" {
                _ = takeString(&rest, escapes: false)
            } else if character == "\"" {
                guard identifier(&rest) != nil else { return roles }
            } else if character.unicodeScalars.allSatisfy(isPartOfName) {
                guard let word = identifier(&rest) else { return roles }
                guard word == "TO" || word == "FROM" || word == "ROLE" || word == "BY" else { continue }
                var after = rest.dropFirst(0)
                repeat {
                    after = after.drop { $0 == " " || $0 == "," }
                    let isQuoted = after.first == "\""
                    guard let role = identifier(&after) else { break }
                    if isQuoted || role != "PUBLIC" { roles.insert(role) }
                    rest = after
                } while after.first == ","
            } else {
                rest = rest.dropFirst()
            }
        }
        return roles
    }

    private static func takeString(_ rest: inout Substring, escapes: Bool) -> Substring {
        var index = rest.index(after: rest.startIndex)
        while index < rest.endIndex {
            if rest[index] == "\\", escapes {
                index = rest.index(index, offsetBy: 2, limitedBy: rest.endIndex) ?? rest.endIndex
                continue
            }
            let isQuote = rest[index] == "'"
            index = rest.index(after: index)
            guard isQuote else { continue }
            if index < rest.endIndex, rest[index] == "'" { index = rest.index(after: index) } else { break }
        }
        defer { rest = rest[index...] }
        return rest[..<index]
    }
}
