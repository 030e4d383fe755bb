/// Names as label values.
public enum LabelValue {
    /// A name that is too long for a label is cut, and must not end in a dash or a dot then: the API server refuses such a
    /// value, and with it the whole object (Kubernetes, "Labels and Selectors": 63 characters, the last alphanumeric).
    public static func of(_ name: String) -> String {
        var text = String(name.prefix(63))
        while let last = text.last, last == "-" || last == "." { text.removeLast() }
        return text
    }
}
