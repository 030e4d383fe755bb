public import KubernetesModel

/// Kubernetes' strategic merge patch: a merge patch that knows from the schema by which key lists are merged.
///
/// Directives in the patch: `$patch: replace | delete` in an object or a list item, `$retainKeys`,
/// `$setElementOrder/LIST` and `$deleteFromPrimitiveList/LIST` beside a list.
public enum StrategicMergePatch {
    /// - Parameter schema: of the kind; custom kinds take no patches of this sort.
    /// - Throws: as the API server answers: 400 for what is no patch, 500 for a directive or list item that cannot be
    ///   carried out, 422 for a list or object where the other is declared.
    public static func apply(
        _ patch: JSON, to document: JSON, schema: StructuralSchema
    ) throws(MachineryError) -> JSON {
        guard let members = patch.object else {
            throw .badRequest("json: cannot unmarshal \(patch.kindName) into Go value of type map[string]interface {}")
        }
        return .object(try merge(document.object ?? [:], members, schema.root))
    }

    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let order = "$setElementOrder/"
    static let deletion = "$deleteFromPrimitiveList/"

    static func merge(
        _ original: [String: JSON], _ patch: [String: JSON], _ node: SchemaNode?
    ) throws(MachineryError) -> [String: JSON] {
        var patch = patch
        if let word = patch.removeValue(forKey: directive) {
            switch word {
            case "replace": return patch
            case "delete": return [:]
            default: throw refusal("unknown patch type: \(word.string ?? word.text) in an object")
            }
        }
        var result = original
        try keepOnly(&result, &patch)
        try orderLists(&result, &patch, node)
        for (name, value) in patch {
            if name.hasPrefix(deletion) {
                let list = String(name.dropFirst(deletion.count))
                guard let away = value.array else { throw refusal("\(name) must be a list") }
                if let items = result[list]?.array { result[list] = .array(items.filter { !away.contains($0) }) }
                continue
            }
            if value.isNull {
                result[name] = nil
                continue
            }
            let known = node?.member(name)
            try checkForm(value, known, name)
            switch (result[name], value) {
            case (.object(let before)?, .object(let members)):
                result[name] = .object(try merge(before, members, known))
            case (.array(let before)?, .array(let items)):
                result[name] = .array(try merge(before, items, known))
            default: result[name] = plain(value)
            }
        }
        return result
    }

    /// The keys that a patch retains are all that stay.
    private static func keepOnly(_ original: inout [String: JSON], _ patch: inout [String: JSON]) throws(MachineryError)
    {
        guard let value = patch.removeValue(forKey: retainKeys) else { return }
        guard let names = value.array else { throw refusal("\(retainKeys) must be a list") }
        let kept = Set(names.compactMap(\.string))
        for (name, value) in patch where !value.isNull && !name.hasPrefix(deletion) && !name.hasPrefix(order) {
            guard kept.contains(name) else {
                throw refusal("invalid patch format of retainKeys: \(name) is in the patch but not retained")
            }
        }
        original = original.filter { kept.contains($0.key) }
    }

    /// Merges the lists whose order the patch says, and takes them out of the patch.
    private static func orderLists(
        _ original: inout [String: JSON], _ patch: inout [String: JSON], _ node: SchemaNode?
    ) throws(MachineryError) {
        for (name, value) in patch where name.hasPrefix(order) {
            patch[name] = nil
            let list = String(name.dropFirst(order.count))
            let known = node?.member(list)
            guard let wanted = value.array else { throw refusal("\(name) must be a list") }
            let before = original[list]?.array
            let items = patch.removeValue(forKey: list)?.array
            guard before != nil || items != nil else { continue }
            var merged = before ?? []
            if let items, before == nil { merged = plainItems(items) }
            if let items, before != nil { merged = try merge(merged, items, known) }
            original[list] = .array(
                ordered(merged, like: wanted, before: before ?? [], key: known?.patchMergeKey))
        }
    }

    /// A list or object where the schema declares the other cannot be merged.
    private static func checkForm(_ value: JSON, _ node: SchemaNode?, _ name: String) throws(MachineryError) {
        let problem: String
        switch (node?.type, value) {
        case ("array"?, .object): problem = "cannot restore slice from map"
        case ("object"?, .array): problem = "cannot restore map from slice"
        default: return
        }
        let message = "Invalid value: \"<patch>\": \(problem): \(name)"
        throw MachineryError(
            APIStatus(
                message: " \"\" is invalid: patch: \(message)", reason: "Invalid",
                details: APIStatus.Details(
                    causes: [APIStatus.Cause(reason: "FieldValueInvalid", message: message, field: "patch")]),
                code: 422))
    }

    static func refusal(_ message: String) -> MachineryError { MachineryError(APIStatus(message: message, code: 500)) }

    /// A value that was not there before, without directives and nulls.
    static func plain(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(
                members.filter { name, item in
                    !item.isNull && name != directive && name != retainKeys && !name.hasPrefix(order)
                        && !name.hasPrefix(deletion) && item[directive] != "delete"
                }.mapValues(plain))
        case .array(let items): .array(plainItems(items))
        default: value
        }
    }

    static func plainItems(_ items: [JSON]) -> [JSON] {
        items.filter { $0[directive] != "delete" }.map(plain)
    }
}

extension JSON {
    fileprivate var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
