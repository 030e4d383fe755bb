import KubernetesModel

extension SchemaNode {
    func defaulted(_ value: JSON) -> JSON {
        switch value {
        case .object(var members):
            var isChanged = false
            for (name, item) in members {
                guard let known = member(name) else { continue }
                if item.isNull {
                    if known.isNullable { continue }
                    // A null where none may be is the same as nothing.
                    members[name] = known.defaultValue
                    isChanged = true
                    continue
                }
                guard known.hasDepth else { continue }
                let new = known.defaulted(item)
                if new != item {
                    members[name] = new
                    isChanged = true
                }
            }
            for name in namesWithDefault where members[name] == nil {
                guard let known = properties[name], let value = known.defaultValue else { continue }
                members[name] = known.defaulted(value)
                isChanged = true
            }
            return isChanged ? .object(members) : value
        case .array(let list):
            guard let items, items.hasDepth else { return value }
            return .array(list.map { items.defaulted($0) })
        default: return value
        }
    }

    private var hasDepth: Bool { !properties.isEmpty || additionalProperties != nil || items != nil }
    private var namesWithDefault: [String] { propertyNames.filter { properties[$0]?.defaultValue != nil } }
}
