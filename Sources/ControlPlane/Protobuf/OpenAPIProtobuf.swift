import KubernetesModel

/// `/openapi/v2` in protobuf, the only form in which kubectl's `explain --output=plaintext-openapiv2` and old clients ask
/// for it. Messages and numbers are those of the published `openapi.v2.Document`; what is in no message (members with
/// `x-`) goes along as YAML, of which JSON is a part.
enum OpenAPIProtobuf {
    static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    /// As it is asked for.
    static let acceptedTypes = ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", mediaType]

    static func encode(document: JSON) -> [UInt8] { message(document, "Document") }

    private indirect enum Kind: Sendable {
        case text, whole, fraction, boolean
        /// Any value, as YAML.
        case any
        case message(String)
        /// A message of one field around the value: TypeItem, ItemsItem.
        case wrapped(Kind)
        case list(Kind)
        /// A map, as a list of names and values.
        case named(Kind)
    }

    private typealias Fields = [String: (Int, Kind)]

    private static let messages: [String: (fields: Fields, extensions: Int)] = [
        "Document": (
            [
                "swagger": (1, .text), "info": (2, .message("Info")), "paths": (8, .message("Paths")),
                "definitions": (9, .wrapped(.named(.message("Schema")))),
            ], 16
        ),
        "Info": (["title": (1, .text), "version": (2, .text), "description": (3, .text)], 7),
        "PathItem": (
            [
                "get": (2, .message("Operation")), "put": (3, .message("Operation")),
                "post": (4, .message("Operation")),
                "delete": (5, .message("Operation")), "patch": (8, .message("Operation")),
                "parameters": (9, .list(.message("ParametersItem"))),
            ], 10
        ),
        "Operation": (
            [
                "description": (3, .text), "produces": (6, .list(.text)), "consumes": (7, .list(.text)),
                "parameters": (8, .list(.message("ParametersItem"))), "responses": (9, .message("Responses")),
            ], 13
        ),
        "BodyParameter": (
            [
                "description": (1, .text), "name": (2, .text), "in": (3, .text), "required": (4, .boolean),
                "schema": (5, .message("Schema")),
            ], 6
        ),
        "QueryParameter": (
            [
                "required": (1, .boolean), "in": (2, .text), "description": (3, .text), "name": (4, .text),
                "type": (6, .text),
            ],
            23
        ),
        "PathParameter": (
            [
                "required": (1, .boolean), "in": (2, .text), "description": (3, .text), "name": (4, .text),
                "type": (5, .text),
            ],
            22
        ),
        "Response": (["description": (1, .text), "schema": (2, .wrapped(.message("Schema")))], 5),
        "Schema": (
            [
                "$ref": (1, .text), "format": (2, .text), "title": (3, .text), "description": (4, .text),
                "default": (5, .any),
                "multipleOf": (6, .fraction), "maximum": (7, .fraction), "exclusiveMaximum": (8, .boolean),
                "minimum": (9, .fraction), "exclusiveMinimum": (10, .boolean), "maxLength": (11, .whole),
                "minLength": (12, .whole), "pattern": (13, .text), "maxItems": (14, .whole), "minItems": (15, .whole),
                "uniqueItems": (16, .boolean), "maxProperties": (17, .whole), "minProperties": (18, .whole),
                "required": (19, .list(.text)), "enum": (20, .list(.any)),
                "additionalProperties": (21, .wrapped(.message("Schema"))), "type": (22, .wrapped(.text)),
                "items": (23, .wrapped(.message("Schema"))), "properties": (25, .wrapped(.named(.message("Schema")))),
                "example": (30, .any),
            ], 31
        ),
    ]

    private static func message(_ value: JSON, _ name: String) -> [UInt8] {
        var wire = ProtobufWriter()
        switch name {
        case "Paths":
            // Its members are paths, not fields.
            append(value, 2, .named(.message("PathItem")), to: &wire)
            return wire.bytes
        case "Responses":
            for (code, response) in sorted(value) {
                var answer = ProtobufWriter()
                answer.bytes(1, message(response, "Response"))
                wire.bytes(1, entry(code, answer.bytes))
            }
            return wire.bytes
        case "ParametersItem": return parameter(value)
        default: break
        }
        guard let (fields, extensions) = messages[name] else { return [] }
        for (key, item) in sorted(value) {
            if let (number, kind) = fields[key] {
                append(item, number, kind, to: &wire)
            } else if key.hasPrefix("x-") {
                wire.bytes(extensions, entry(key, any(item)))
            }
        }
        return wire.bytes
    }

    private static func append(_ value: JSON, _ number: Int, _ kind: Kind, to wire: inout ProtobufWriter) {
        switch kind {
        case .text: if let text = value.string { wire.bytes(number, Array(text.utf8)) }
        case .whole: if let whole = value.integer { wire.varint(number, UInt64(bitPattern: whole)) }
        case .fraction: if let double = value.double { wire.double(number, double) }
        case .boolean: if let flag = value.bool { wire.varint(number, flag ? 1 : 0) }
        case .any: wire.bytes(number, any(value))
        case .message(let name): wire.bytes(number, message(value, name))
        case .wrapped(let inner):
            var holder = ProtobufWriter()
            // A map of anything is a flag instead of a schema.
            if let flag = value.bool { holder.varint(2, flag ? 1 : 0) } else { append(value, 1, inner, to: &holder) }
            wire.bytes(number, holder.bytes)
        case .list(let element): for item in value.array ?? [] { append(item, number, element, to: &wire) }
        case .named(let element):
            for (key, item) in sorted(value) {
                guard case .message(let name) = element else { continue }
                wire.bytes(number, entry(key, message(item, name)))
            }
        }
    }

    /// ParametersItem, Parameter, and then the message of the parameter's place.
    private static func parameter(_ value: JSON) -> [UInt8] {
        var parameter = ProtobufWriter()
        if value["in"]?.string == "body" {
            parameter.bytes(1, message(value, "BodyParameter"))
        } else {
            var plain = ProtobufWriter()
            let isPath = value["in"]?.string == "path"
            plain.bytes(isPath ? 4 : 3, message(value, isPath ? "PathParameter" : "QueryParameter"))
            parameter.bytes(2, plain.bytes)
        }
        var item = ProtobufWriter()
        item.bytes(1, parameter.bytes)
        return item.bytes
    }

    private static func entry(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var wire = ProtobufWriter()
        wire.bytes(1, Array(name.utf8))
        wire.bytes(2, value)
        return wire.bytes
    }

    private static func any(_ value: JSON) -> [UInt8] {
        var wire = ProtobufWriter()
        wire.bytes(2, JSONText.bytes(value) + [UInt8(ascii: "\n")])
        return wire.bytes
    }

    private static func sorted(_ value: JSON) -> [(key: String, value: JSON)] {
        (value.object ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

/// The wire format: tags, varints, lengths.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ number: Int, _ value: UInt64) {
        append(UInt64(number) << 3)
        append(value)
    }

    mutating func double(_ number: Int, _ value: Double) {
        append(UInt64(number) << 3 | 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func bytes(_ number: Int, _ value: [UInt8]) {
        append(UInt64(number) << 3 | 2)
        append(UInt64(value.count))
        bytes += value
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
