import KubernetesModel

/// Objects put together and taken apart by what their fields are.
enum FieldMerge {
    /// `live` with what `wanted` says laid over it.
    static func merge(_ live: JSON?, _ wanted: JSON?, _ shape: FieldShape) -> JSON? {
        guard let wanted else { return live }
        guard let live else { return wanted }
        let kind = shape.kind(of: wanted)
        switch kind {
        case .leaf: return wanted
        case .map:
            // Null wants nothing in particular of an object.
            if wanted.isNull { return isEmpty(live) ? wanted : live }
            guard var members = live.object else { return wanted }
            for (name, item) in wanted.object ?? [:] {
                members[name] = merge(members[name], item, shape.member(name))
            }
            return .object(members)
        case .set, .keyed:
            if wanted.isNull { return isEmpty(live) ? wanted : live }
            guard let before = live.array, let after = wanted.array else { return wanted }
            if before.isEmpty, after.isEmpty { return wanted }
            return .array(mergeItems(before, after, shape, kind))
        }
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        value.object?.isEmpty ?? value.array?.isEmpty ?? value.isNull
    }

    /// The items wanted in the order wanted, with the others where they were between them.
    private static func mergeItems(
        _ live: [JSON], _ wanted: [JSON], _ shape: FieldShape, _ kind: FieldShape.Kind
    ) -> [JSON] {
        let left = live.compactMap { item in shape.step(of: item, kind).map { ($0, item) } }
        let right = wanted.compactMap { item in shape.step(of: item, kind).map { ($0, item) } }
        let before = Dictionary(left) { first, _ in first }
        let after = Dictionary(right) { first, _ in first }
        var shared = right.map(\.0).filter { before[$0] != nil }[...]
        var next = shared.popFirst()
        var result: [JSON] = []
        var done: Set<FieldStep> = []
        func take(_ step: FieldStep) {
            done.insert(step)
            if let item = merge(before[step], after[step], shape.item) { result.append(item) }
        }
        var (l, r) = (0, 0)
        while l < left.count || r < right.count {
            if l < left.count, r < right.count {
                let step = left[l].0
                if step == right[r].0 {
                    take(step)
                    l += 1
                    r += 1
                    next = shared.popFirst()
                    continue
                }
                // Shared, but another shared one comes first in the order wanted.
                if after[step] != nil, let next, next != step {
                    l += 1
                    continue
                }
            }
            if l < left.count {
                let step = left[l].0
                if after[step] == nil {
                    result.append(left[l].1)
                    l += 1
                    continue
                }
                if done.contains(step) { l += 1 }
            }
            if r < right.count {
                let step = right[r].0
                take(step)
                r += 1
                if next == step { next = shared.popFirst() }
            }
        }
        return result
    }

    /// An object without some of its fields.
    static func removing(_ fields: FieldSet, from value: JSON, _ shape: FieldShape) -> JSON {
        if fields.isEmpty { return value }
        let kind = shape.kind(of: value)
        switch value {
        case .object(let members) where kind == .map:
            var rest: [String: JSON] = [:]
            for (name, item) in members {
                let step = FieldStep.field(name)
                if fields.members.contains(step) { continue }
                rest[name] = fields.children[step].map { removing($0, from: item, shape.member(name)) } ?? item
            }
            return rest.isEmpty && !members.isEmpty ? .null : .object(rest)
        case .array(let items) where kind.isList:
            var rest: [JSON] = []
            for item in items {
                guard let step = shape.step(of: item, kind) else {
                    rest.append(item)
                    continue
                }
                if fields.members.contains(step) { continue }
                rest.append(fields.children[step].map { removing($0, from: item, shape.item) } ?? item)
            }
            return rest.isEmpty && !items.isEmpty ? .null : .array(rest)
        case .object, .array: return .null
        default: return value
        }
    }
}
