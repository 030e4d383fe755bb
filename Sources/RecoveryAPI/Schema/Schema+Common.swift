import KubernetesModel

extension Schema {
    /// `90s`, `15m`, `36h`, `30d`.
    public static func duration(_ description: String) -> Schema {
        string(
            description + " A number and a unit: 90s, 15m, 36h, 30d.", pattern: "^[1-9][0-9]{0,8}(s|m|h|d)$",
            maxLength: 10)
    }

    /// The name of an object in the same namespace.
    public static func objectName(_ description: String) -> Schema {
        string(description, pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", maxLength: 253)
    }

    /// A name inside a document: of a phase, of a step.
    public static func label(_ description: String) -> Schema {
        string(description, pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", maxLength: 63)
    }

    public static func reference(_ description: String) -> Schema {
        object(description, ["name": objectName("Its name, in the same namespace.").required])
    }

    /// A Secret of the same namespace and, where its content has another name than the usual, the key in it.
    public static func secret(_ description: String, key: String) -> Schema {
        object(
            description,
            [
                "name": objectName("The Secret's name, in the same namespace.").required,
                "key": string("The key in the Secret; \(key) when absent.", pattern: "^[-._a-zA-Z0-9]+$"),
            ])
    }

    /// `metav1.Condition`, as a map keyed by type.
    public static var conditions: Schema {
        list(
            "What is true of the object now.", keys: ["type"], maxItems: 16,
            object(
                "One condition.",
                [
                    "type": string("Its name.", maxLength: 316).required,
                    "status": enumeration("Whether it holds.", ["True", "False", "Unknown"]).required,
                    "observedGeneration": integer("The generation of the object that this was computed from."),
                    "lastTransitionTime": time("When the status last changed.").required,
                    "reason": string("One word for programs.", maxLength: 1024).required,
                    "message": string("A sentence for people.", minLength: nil, maxLength: 32768).required,
                ]))
    }

    public static var observedGeneration: Schema {
        integer("The generation of the spec that this status was computed from.")
    }
}
