import KubernetesModel

extension FieldSet {
    /// The fields that an object sets: its leaves, the items of its lists, the entries of its maps. Declared objects
    /// are not in it themselves, unless they are empty.
    init(of object: JSON, shape: FieldShape) {
        guard shape.kind(of: object) == .map else { return }
        addMembers(of: object, shape)
    }

    private mutating func add(_ value: JSON, at step: FieldStep, _ shape: FieldShape) {
        switch shape.kind(of: value) {
        case .leaf: insert(step)
        case .map:
            var below = FieldSet()
            below.addMembers(of: value, shape)
            insert(below, below: step)
        case let kind:
            var below = FieldSet()
            below.addItems(of: value, shape, kind)
            insert(below, below: step)
        }
    }

    private mutating func addMembers(of value: JSON, _ shape: FieldShape) {
        for (name, item) in value.object ?? [:] {
            let step = FieldStep.field(name)
            add(item, at: step, shape.member(name))
            if item.isNull || item.object?.isEmpty == true || !shape.declares(name) { insert(step) }
        }
    }

    private mutating func addItems(of value: JSON, _ shape: FieldShape, _ kind: FieldShape.Kind) {
        let steps = (value.array ?? []).map { shape.step(of: $0, kind) }
        var counts: [FieldStep: Int] = [:]
        for case let step? in steps { counts[step, default: 0] += 1 }
        for (item, step) in zip(value.array ?? [], steps) {
            guard let step else { continue }
            insert(step)
            // Of an item that occurs twice nobody can own a part.
            if counts[step] == 1 { add(item, at: step, shape.item) }
        }
    }
}
