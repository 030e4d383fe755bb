/// Quoting of names and values that must stand inside SQL text, where parameters are not possible.
public enum PostgresIdentifier {
    /// The longest name in bytes (`NAMEDATALEN` - 1); the server cuts longer ones silently.
    public static let maximumLength = 63

    /// `"name"`, with quotes doubled. Right for any name without a zero byte, which no name can hold.
    public static func quote(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// `"schema"."name"`.
    public static func quote(_ schema: String, _ name: String) -> String { quote(schema) + "." + quote(name) }

    /// The name cut to `length` bytes at a character boundary.
    public static func truncated(_ name: String, to length: Int = maximumLength) -> String {
        guard name.utf8.count > length else { return name }
        var kept = ""
        var bytes = 0
        for character in name.unicodeScalars {
            bytes += UTF8.width(character)
            if bytes > length { break }
            kept.unicodeScalars.append(character)
        }
        return kept
    }
}

public enum PostgresLiteral {
    /// `'value'` as a string constant, right whatever `standard_conforming_strings` says.
    public static func quote(_ value: String) -> String {
        let doubled = value.replacing("'", with: "''")
        return value.contains("\\") ? " E'" + doubled.replacing("\\", with: "\\\\") + "'" : "'" + doubled + "'"
    }

    /// `key='value'` of a libpq connection string.
    public static func conninfo(_ key: String, _ value: String) -> String {
        key + "='" + value.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
