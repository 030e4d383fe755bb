/// What names must look like, in the words of Kubernetes. Each function gives what is wrong, nil for nothing.
enum Names {
    static func subdomainProblem(_ name: String) -> String? {
        if name.utf8.count > 253 { return "must be no more than 253 characters" }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.allSatisfy({ isLabel($0) }) { return nil }
        return """
            a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
            and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
            '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            """
    }

    static func labelProblem(_ name: String) -> String? {
        if name.utf8.count > 63 { return "must be no more than 63 characters" }
        if isLabel(name[...]) { return nil }
        return """
            a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
            with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
            '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            """
    }

    static func label1035Problem(_ name: String) -> String? {
        if name.utf8.count > 63 { return "must be no more than 63 characters" }
        if isLabel(name[...]), name.utf8.first.map({ (97...122).contains($0) }) == true { return nil }
        return """
            a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
            character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation \
            is '[a-z]([-a-z0-9]*[a-z0-9])?')
            """
    }

    static func pathSegmentProblem(_ name: String) -> String? {
        if name == "." || name == ".." { return "may not be '\(name)'" }
        for sign in ["/", "%"] where name.contains(sign) { return "may not contain '\(sign)'" }
        return nil
    }

    /// Keys of labels and annotations: `name` or `prefix/name`.
    static func qualifiedProblems(_ key: String) -> [String] {
        let parts = key.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        let form = """
            must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
            character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
            '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            """
        var problems: [String] = []
        if parts.count > 2 {
            return [
                "a valid label key \(form) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if parts.count == 2 {
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else if let problem = subdomainProblem(parts[0]) {
                problems.append("prefix part \(problem)")
            }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty {
            problems.append("name part must be non-empty")
        } else if name.utf8.count > 63 {
            problems.append("name part must be no more than 63 bytes")
        }
        if !isLabelValue(name) || name.isEmpty { problems.append("name part \(form)") }
        return problems
    }

    static func labelValueProblems(_ value: String) -> [String] {
        if value.utf8.count > 63 { return ["must be no more than 63 bytes"] }
        if isLabelValue(value) { return [] }
        return [
            """
            a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
            and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation \
            is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            """
        ]
    }

    private static func isLabelValue(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return true }
        return StringFormat.isAlphanumeric(first) && StringFormat.isAlphanumeric(last)
            && value.utf8.allSatisfy { StringFormat.isAlphanumeric($0) || [45, 46, 95].contains($0) }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        return isPlain(first) && isPlain(last) && label.utf8.allSatisfy { isPlain($0) || $0 == 45 }
    }
}
