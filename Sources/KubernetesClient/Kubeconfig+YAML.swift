import KubernetesModel
import Yams

extension JSON {
    /// A YAML node with the types that its plain scalars stand for; what is quoted is a string.
    init(yaml node: Node) {
        switch node {
        case .mapping(let mapping):
            var members: [String: JSON] = [:]
            for (key, value) in mapping where members[key.string ?? ""] == nil {
                members[key.string ?? ""] = JSON(yaml: value)
            }
            self = .object(members)
        case .sequence(let sequence): self = .array(sequence.map { JSON(yaml: $0) })
        case .scalar(let scalar):
            guard scalar.style == .plain || scalar.style == .any else {
                self = .string(scalar.string)
                return
            }
            if node.null != nil {
                self = .null
            } else if ["true", "True", "TRUE"].contains(scalar.string) {
                self = .bool(true)
            } else if ["false", "False", "FALSE"].contains(scalar.string) {
                self = .bool(false)
            } else {
                // Kubeconfigs have no numbers: a token or password of digits alone is text.
                self = .string(scalar.string)
            }
        case .alias: self = .null
        }
    }
}
