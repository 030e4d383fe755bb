import KubernetesModel

/// What an object has that another had not, and the other way round.
struct FieldComparison: Sendable, Hashable {
    var added = FieldSet()
    var removed = FieldSet()
    var modified = FieldSet()

    init() {}

    init(old: JSON, new: JSON, shape: FieldShape) {
        if old == new { return }
        compareMembers(old, new, shape)
    }

    /// Without the fields in a set and all below them.
    func removing(_ fields: FieldSet) -> FieldComparison {
        if fields.isEmpty { return self }
        var result = self
        result.added = added.removing(fields)
        result.removed = removed.removing(fields)
        result.modified = modified.removing(fields)
        return result
    }

    private mutating func insert(_ other: FieldComparison, below step: FieldStep) {
        added.insert(other.added, below: step)
        removed.insert(other.removed, below: step)
        modified.insert(other.modified, below: step)
    }

    private mutating func compare(_ old: JSON?, _ new: JSON?, at step: FieldStep, _ shape: FieldShape) {
        if old == new { return }
        var below = FieldComparison()
        let kinds = [old, new].compactMap { $0 }.map { shape.kind(of: $0) }
        var isLeaf = false
        // A change of form, from a map to a list say, is a change of the whole and of the parts.
        for kind in Set(kinds) {
            switch kind {
            case .map where !(Self.isEmpty(old) && Self.isEmpty(new)): below.compareMembers(old, new, shape)
            case .set, .keyed:
                if Self.isEmpty(old), Self.isEmpty(new) {
                    isLeaf = true
                } else {
                    below.compareItems(old, new, shape, kind)
                }
            default: isLeaf = true
            }
        }
        insert(below, below: step)
        if old == nil {
            added.insert(step)
        } else if new == nil {
            removed.insert(step)
        } else if isLeaf {
            modified.insert(step)
        }
    }

    /// Whether there is nothing in a map or list: then it is a leaf, so that nothing, null and empty are kept apart.
    private static func isEmpty(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null?: true
        case .object(let members)?: members.isEmpty
        case .array(let items)?: items.isEmpty
        default: false
        }
    }

    private mutating func compareMembers(_ old: JSON?, _ new: JSON?, _ shape: FieldShape) {
        let (before, after) = (old?.object ?? [:], new?.object ?? [:])
        for (name, item) in before { compare(item, after[name], at: .field(name), shape.member(name)) }
        for (name, item) in after where before[name] == nil {
            compare(nil, item, at: .field(name), shape.member(name))
        }
    }

    private mutating func compareItems(_ old: JSON?, _ new: JSON?, _ shape: FieldShape, _ kind: FieldShape.Kind) {
        func grouped(_ list: JSON?) -> [FieldStep: [JSON]] {
            var result: [FieldStep: [JSON]] = [:]
            for item in list?.array ?? [] {
                if let step = shape.step(of: item, kind) { result[step, default: []].append(item) }
            }
            return result
        }
        let (before, after) = (grouped(old), grouped(new))
        for step in Set(before.keys).union(after.keys) {
            let (left, right) = (before[step] ?? [], after[step] ?? [])
            switch (left.count > 1, right.count > 1) {
            case (false, false): compare(left.first, right.first, at: step, shape.item)
            case (true, true): if left != right { modified.insert(step) }
            case (true, false):
                if let item = right.first { compare(nil, item, at: step, shape.item) }
                removed.insert(step)
            case (false, true):
                if let item = left.first { compare(item, nil, at: step, shape.item) }
                added.insert(step)
            }
        }
    }
}
