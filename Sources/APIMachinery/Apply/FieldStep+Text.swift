import KubernetesModel

extension FieldStep: Comparable {
    static func < (left: FieldStep, right: FieldStep) -> Bool {
        left.rank != right.rank
            ? left.rank < right.rank : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }

    /// The member of `fieldsV1` that stands for this step.
    var text: String {
        switch self {
        case .field(let name): "f:\(name)"
        case .key(let values): "k:\(CompactJSON.text(.object(values)))"
        case .value(let value): "v:\(CompactJSON.text(value))"
        case .index(let index): "i:\(index)"
        }
    }

    /// nil for what is no step.
    init?(_ text: String) {
        let rest = String(text.dropFirst(2))
        switch text.prefix(2) {
        case "f:": self = .field(rest)
        case "k:":
            guard let values = (try? JSON(parsing: rest))?.object, !values.isEmpty else { return nil }
            self = .key(values)
        case "v:":
            guard let value = try? JSON(parsing: rest) else { return nil }
            self = .value(value)
        case "i:":
            guard let index = Int(rest) else { return nil }
            self = .index(index)
        default: return nil
        }
    }

    /// As conflicts name it: `.spec.parts[name="two"].value`.
    var description: String {
        switch self {
        case .field(let name): ".\(name)"
        case .key(let values):
            "["
                + CompactJSON.sortedKeys(values).map { "\($0)=\(CompactJSON.text(values[$0] ?? .null))" }
                .joined(separator: ",") + "]"
        case .value(let value): "[=\(CompactJSON.text(value))]"
        case .index(let index): "[\(index)]"
        }
    }
}

extension FieldSet {
    /// `fieldsV1`: an object per step, with `.` where a path ends that others go on from.
    var json: JSON {
        var result: [String: JSON] = [:]
        for step in members { result[step.text] = .object([:]) }
        for (step, child) in children {
            var below = child.json
            if members.contains(step) { below["."] = .object([:]) }
            result[step.text] = below
        }
        return .object(result)
    }

    /// nil for what is no `fieldsV1`.
    init?(_ json: JSON) {
        guard let object = json.object else { return nil }
        for (name, below) in object where name != "." {
            guard let step = FieldStep(name), let child = FieldSet(below), let inner = below.object else { return nil }
            if inner.isEmpty || inner["."] != nil { insert(step) }
            insert(child, below: step)
        }
    }
}
