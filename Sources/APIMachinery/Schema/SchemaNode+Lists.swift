import KubernetesModel

extension SchemaNode {
    func checkList(_ list: [JSON], old: JSON?, at path: FieldPath, _ errors: inout [FieldError]) {
        if let items {
            let partners = correlated(list, old: old)
            for (index, item) in list.enumerated() {
                items.validate(item, old: partners?[index], at: path.index(index), &errors)
            }
        }
        if let least = bounds.minItems, list.count < least {
            errors.append(
                .invalid(path, .integer(Int64(list.count)), "\(path) in body should have at least \(least) items"))
        }
        if let most = bounds.maxItems, list.count > most {
            errors.append(.tooMany(path, count: list.count, maximum: most))
        }
        if bounds.uniqueItems, Set(list).count < list.count {
            errors.append(.invalid(path, "", "\(path) in body shouldn't contain duplicates"))
        }
    }

    /// The items of the old list that items of the new one are the successors of: only lists known by keys have such.
    func correlated(_ list: [JSON], old: JSON?) -> [JSON?]? {
        guard case .map(let keys) = listType, let before = old?.array else { return nil }
        var byKey: [[JSON]: JSON] = [:]
        for item in before { if let key = itemKey(item, keys: keys)?.map(\.1) { byKey[key] = item } }
        return list.map { itemKey($0, keys: keys).flatMap { byKey[$0.map(\.1)] } }
    }

    /// Items that occur twice in a set, or twice by their keys in a map.
    func findDuplicates(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        guard containsKeyedLists else { return }
        switch value {
        case .object(let members):
            for name in CompactJSON.sortedKeys(members) {
                guard let node = member(name), node.containsKeyedLists, let item = members[name] else { continue }
                node.findDuplicates(item, at: properties[name] == nil ? path.key(name) : path.child(name), &errors)
            }
        case .array(let list):
            var seen: Set<JSON> = []
            var reported: Set<JSON> = []
            for (index, item) in list.enumerated() {
                guard let identity = identity(of: item) else { continue }
                if !seen.insert(identity).inserted, reported.insert(identity).inserted {
                    errors.append(.duplicate(path.index(index), identity))
                }
            }
            guard let items, items.containsKeyedLists else { return }
            for (index, item) in list.enumerated() { items.findDuplicates(item, at: path.index(index), &errors) }
        default: break
        }
    }

    private func identity(of item: JSON) -> JSON? {
        switch listType {
        case .atomic: return nil
        case .set: return item
        case .map(let keys):
            guard case .object(let members) = item else { return nil }
            return .object(members.filter { keys.contains($0.key) })
        }
    }
}
