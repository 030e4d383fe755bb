import KubernetesModel

/// Objects in requests.
enum RequestBody {
    /// One document of JSON or YAML.
    /// - Throws: 415 for another type, 400 for what cannot be read.
    static func decode(_ bytes: [UInt8], contentType: String) throws(APIFailure) -> JSON {
        var ignored: [String] = []
        return try decode(bytes, contentType: contentType, duplicates: &ignored)
    }

    static func decode(
        _ bytes: [UInt8], contentType: String, duplicates: inout [String]
    ) throws(APIFailure) -> JSON {
        switch MediaTypes.bare(contentType) {
        case "", "application/json":
            do {
                return try JSONText.parse(bytes, duplicates: &duplicates)
            } catch {
                throw .badRequest("json parse error: \(error.message)")
            }
        case ProtobufReader.contentType:
            do {
                return try ProtobufReader.object(bytes)
            } catch {
                throw .badRequest(error.message)
            }
        case "application/yaml", "application/apply-patch+yaml":
            return try yaml(bytes, duplicates: &duplicates)
        default: throw .unsupportedMediaType
        }
    }

    private static func yaml(_ bytes: [UInt8], duplicates: inout [String]) throws(APIFailure) -> JSON {
        // kubectl sends JSON as YAML, which it is; the faster reader is tried first.
        if let first = bytes.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{"),
            let value = try? JSONText.parse(bytes, duplicates: &duplicates)
        {
            return value
        }
        do {
            return try YAMLText.parse(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .badRequest("error decoding YAML: \(error)")
        }
    }

    /// The object of a create or update, checked against where it was sent: its kind, version, namespace and name.
    static func object(
        _ request: APIRequest, _ target: Target, options: WriteOptions, warnings: inout [String]
    ) throws(APIFailure) -> JSON {
        var duplicates: [String] = []
        var object: JSON
        do {
            object = try decode(request.body, contentType: request.contentType, duplicates: &duplicates)
        } catch {
            if error.code == 415 { throw error }
            let shown = String(decoding: request.body.prefix(256), as: UTF8.self)
            throw .badRequest(
                """
                the object provided is unrecognized (must be of type \(target.type.kind)): couldn't get version/kind; \
                \(error.status.message ?? "") (\(shown))
                """)
        }
        guard object.object != nil else {
            throw .badRequest("the object provided is unrecognized (must be of type \(target.type.kind))")
        }
        try checkKind(&object, target)
        if MediaTypes.bare(request.contentType) != APIServer.PatchType.apply.rawValue,
            let problem = target.definition.decodingProblem(object)
        {
            throw .badRequest(
                """
                \(target.type.kind) in version "\(target.type.version)" cannot be handled as a \(target.type.kind): \
                \(problem)
                """)
        }
        try check(duplicates.map { "duplicate field \"\($0)\"" }, target, options, &warnings)
        try checkPlace(&object, target)
        return object
    }

    private static func checkKind(_ object: inout JSON, _ target: Target) throws(APIFailure) {
        let type = target.type
        // Built-in kinds may leave both out, as in Kubernetes: the path says them.
        if object["apiVersion"]?.string ?? "" == "", !target.definition.isCustom {
            object["apiVersion"] = .string(type.apiVersion)
        }
        if object["kind"]?.string ?? "" == "", !target.definition.isCustom { object["kind"] = .string(type.kind) }
        guard let version = object["apiVersion"]?.string, !version.isEmpty else {
            throw .badRequest("Object 'apiVersion' is missing in the request body")
        }
        guard let kind = object["kind"]?.string, !kind.isEmpty else {
            throw .badRequest("Object 'Kind' is missing in the request body")
        }
        guard version == type.apiVersion else {
            throw .badRequest(
                """
                the API version in the data (\(version)) does not match the expected API version (\(type.apiVersion))
                """)
        }
        guard kind == type.kind else {
            throw .badRequest("\(kind) in version \"\(type.version)\" cannot be handled as a \(type.kind)")
        }
    }

    /// Refuses or reports fields that are not known or occur twice.
    static func check(
        _ problems: [String], _ target: Target, _ options: WriteOptions, _ warnings: inout [String]
    ) throws(APIFailure) {
        if problems.isEmpty { return }
        switch options.fieldValidation {
        case .ignore: return
        case .warn: warnings += problems
        case .strict:
            throw .badRequest(
                """
                \(target.type.kind) in version "\(target.type.version)" cannot be handled as a \(target.type.kind): \
                strict decoding error: \(problems.joined(separator: ", "))
                """)
        }
    }

    static func checkPlace(_ object: inout JSON, _ target: Target) throws(APIFailure) {
        var metadata = object["metadata"] ?? .object([:])
        guard metadata.object != nil else { throw .badRequest("metadata must be an object") }
        if target.definition.type.namespaced {
            let given = metadata["namespace"]?.string ?? ""
            guard given.isEmpty || given == target.namespace else {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
            metadata["namespace"] = .string(target.namespace)
        } else {
            metadata["namespace"] = nil
        }
        if !target.name.isEmpty {
            let given = metadata["name"]?.string ?? ""
            if given.isEmpty, target.definition.isCustom == false { metadata["name"] = .string(target.name) }
            guard given.isEmpty || given == target.name else {
                throw .badRequest(
                    "the name of the object (\(given)) does not match the name on the URL (\(target.name))")
            }
            metadata["name"] = .string(target.name)
        }
        object["metadata"] = metadata
    }
}
