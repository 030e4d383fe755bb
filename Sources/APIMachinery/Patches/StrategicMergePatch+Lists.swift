import KubernetesModel

extension StrategicMergePatch {
    /// Replaces a list, or merges it when the schema says by what.
    static func merge(
        _ original: [JSON], _ patch: [JSON], _ node: SchemaNode?
    ) throws(MachineryError) -> [JSON] {
        guard let node, node.patchStrategies.contains("merge") else { return plainItems(patch) }
        guard let key = node.patchMergeKey, !key.isEmpty else {
            var seen: Set<JSON> = []
            let merged = (original + patch).filter { seen.insert($0).inserted }
            return ordered(merged, like: patch, before: original, key: nil)
        }
        var result = original
        var items: [JSON] = []
        var isReplaced = false
        for item in patch {
            guard let members = item.object else {
                throw refusal("a list merged by \(key) has an item that is no object")
            }
            switch members[directive] {
            case nil: items.append(item)
            case "replace"?: isReplaced = true
            case "delete"?:
                guard let value = members[key] else { throw noKey(members, key) }
                result.removeAll { $0[key] == value }
            case "merge"?: throw refusal("merging lists cannot yet be specified in the patch")
            case let word?: throw refusal("unknown patch type: \(word.string ?? word.text) in a list merged by \(key)")
            }
        }
        if isReplaced { return plainItems(items) }
        for item in items {
            guard let members = item.object, let value = members[key] else { throw noKey(item.object ?? [:], key) }
            if let index = result.firstIndex(where: { $0[key] == value }) {
                result[index] = .object(try merge(result[index].object ?? [:], members, node.items))
            } else {
                result.append(plain(item))
            }
        }
        return ordered(result, like: items, before: original, key: key)
    }

    /// Names the fields, not their values.
    private static func noKey(_ members: [String: JSON], _ key: String) -> MachineryError {
        let names = CompactJSON.sortedKeys(members).joined(separator: " ")
        return refusal("map: map[\(names)] does not contain declared merge key: \(key)")
    }

    /// The items that are in `wanted` in its order, and the others between them where they were before.
    static func ordered(_ merged: [JSON], like wanted: [JSON], before: [JSON], key: String?) -> [JSON] {
        func identity(_ item: JSON) -> JSON { key.map { item[$0] ?? .null } ?? item }
        func places(_ list: [JSON]) -> [JSON: Int] {
            Dictionary(list.enumerated().map { (identity($0.element), $0.offset) }) { first, _ in first }
        }
        let (rank, old) = (places(wanted), places(before))
        func sorted(_ items: [JSON], by places: [JSON: Int]) -> [JSON] {
            items.enumerated().sorted {
                (places[identity($0.element)] ?? .max, $0.offset) < (places[identity($1.element)] ?? .max, $1.offset)
            }.map(\.element)
        }
        let mine = sorted(merged.filter { rank[identity($0)] != nil }, by: rank)
        let others = sorted(merged.filter { rank[identity($0)] == nil }, by: old)
        var result: [JSON] = []
        var (i, j) = (0, 0)
        while i < others.count || j < mine.count {
            if j >= mine.count {
                result.append(others[i])
                i += 1
            } else if i < others.count, let left = old[identity(others[i])], let right = old[identity(mine[j])],
                left < right
            {
                result.append(others[i])
                i += 1
            } else {
                result.append(mine[j])
                j += 1
            }
        }
        return result
    }
}
