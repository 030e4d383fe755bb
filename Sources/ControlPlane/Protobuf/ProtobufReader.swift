import Foundation
import KubernetesModel

/// Kubernetes' protobuf envelope and messages, read into the JSON they stand for.
enum ProtobufReader {
    struct Failure: Error, Sendable, Hashable {
        var message: String
    }

    static let contentType = "application/vnd.kubernetes.protobuf"
    /// Four bytes before every object.
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The object of a request's body.
    static func object(_ bytes: [UInt8]) throws(Failure) -> JSON {
        guard bytes.starts(with: magic) else { throw Failure(message: "the protobuf envelope is missing") }
        var type: (version: String, kind: String) = ("", "")
        var raw: ArraySlice<UInt8> = []
        var wire = Wire(bytes[magic.count...])
        while let (number, value) = try wire.next() {
            switch (number, value) {
            case (1, .bytes(let slice)):
                var inner = Wire(slice)
                while let (number, value) = try inner.next() {
                    guard case .bytes(let text) = value else { continue }
                    if number == 1 { type.version = String(decoding: text, as: UTF8.self) }
                    if number == 2 { type.kind = String(decoding: text, as: UTF8.self) }
                }
            case (2, .bytes(let slice)): raw = slice
            case (3, .bytes(let slice)) where !slice.isEmpty:
                throw Failure(message: "the protobuf body is encoded once more, which is not supported")
            default: continue
            }
        }
        let message = type.version.hasPrefix("events.k8s.io/") ? "events.\(type.kind)" : type.kind
        var object = try Self.message(message, raw, depth: 0)
        object["apiVersion"] = .string(type.version)
        object["kind"] = .string(type.kind)
        return object
    }

    private static func message(_ name: String, _ bytes: ArraySlice<UInt8>, depth: Int) throws(Failure) -> JSON {
        guard let fields = ProtobufSchema.shared.fields(of: name) else {
            throw Failure(message: "\(name) is not read as protobuf; send it as JSON")
        }
        if depth > 32 { throw Failure(message: "the message is nested too deeply") }
        var members: [String: JSON] = [:]
        var wire = Wire(bytes)
        while let (number, value) = try wire.next() {
            guard let field = fields[number] else {
                throw Failure(message: "field \(number) of \(name) is not read as protobuf; send the object as JSON")
            }
            switch field.type {
            case .inline(let inner):
                guard case .bytes(let slice) = value else { throw mismatch(name, field) }
                let part = try message(inner, slice, depth: depth + 1).object ?? [:]
                members.merge(part) { _, new in new }
            case .list(let element):
                var list = members[field.name]?.array ?? []
                list.append(try json(element, value, name, field, depth: depth))
                members[field.name] = .array(list)
            case .map(let element):
                var map = members[field.name]?.object ?? [:]
                let (key, item) = try entry(element, value, name, field, depth: depth)
                map[key] = item
                members[field.name] = .object(map)
            default:
                let item = try json(field.type, value, name, field, depth: depth)
                // Fields that are not pointers are always sent: their zero means nothing was said.
                if field.keepsZero || !isZero(item) { members[field.name] = item }
            }
        }
        return .object(members)
    }

    private static func isZero(_ value: JSON) -> Bool {
        switch value {
        case .null, "", 0, false: true
        case .object(let members): members.isEmpty
        default: false
        }
    }

    private static func entry(
        _ element: ProtobufSchema.FieldType, _ value: Wire.Value, _ name: String, _ field: ProtobufSchema.Field,
        depth: Int
    ) throws(Failure) -> (String, JSON) {
        guard case .bytes(let slice) = value else { throw mismatch(name, field) }
        var key = ""
        var item: JSON = element == .text || element == .bytes ? "" : .null
        var wire = Wire(slice)
        while let (number, value) = try wire.next() {
            if number == 1, case .bytes(let text) = value { key = String(decoding: text, as: UTF8.self) }
            if number == 2 { item = try json(element, value, name, field, depth: depth) }
        }
        return (key, item)
    }

    private static func json(
        _ type: ProtobufSchema.FieldType, _ value: Wire.Value, _ name: String, _ field: ProtobufSchema.Field,
        depth: Int
    ) throws(Failure) -> JSON {
        switch (type, value) {
        case (.integer, .varint(let number)): return .integer(Int64(bitPattern: number))
        case (.boolean, .varint(let number)): return .bool(number != 0)
        case (.text, .bytes(let slice)):
            guard let text = String(validating: slice, as: UTF8.self) else {
                throw Failure(message: "\(field.name) of \(name) is not UTF-8")
            }
            return .string(text)
        case (.bytes, .bytes(let slice)): return .string(Data(slice).base64EncodedString())
        case (.time, .bytes(let slice)): return try time(slice, micro: false)
        case (.microTime, .bytes(let slice)): return try time(slice, micro: true)
        case (.quantity, .bytes(let slice)): return try first(slice) ?? ""
        case (.fields, .bytes(let slice)):
            let text = try first(slice)?.string ?? "{}"
            return (try? JSONText.parse(text)) ?? .object([:])
        case (.intOrString, .bytes(let slice)): return try intOrString(slice)
        case (.message(let inner), .bytes(let slice)): return try message(inner, slice, depth: depth + 1)
        default: throw mismatch(name, field)
        }
    }

    private static func mismatch(_ name: String, _ field: ProtobufSchema.Field) -> Failure {
        Failure(message: "\(field.name) of \(name) has another wire type than the API says")
    }

    /// The text in field 1: how quantities and field sets are sent.
    private static func first(_ bytes: ArraySlice<UInt8>) throws(Failure) -> JSON? {
        var wire = Wire(bytes)
        var result: JSON?
        while let (number, value) = try wire.next() {
            if number == 1, case .bytes(let text) = value { result = .string(String(decoding: text, as: UTF8.self)) }
        }
        return result
    }

    private static func time(_ bytes: ArraySlice<UInt8>, micro: Bool) throws(Failure) -> JSON {
        var wire = Wire(bytes)
        var seconds: Int64?
        var nanoseconds: Int64 = 0
        while let (number, value) = try wire.next() {
            guard case .varint(let raw) = value else { continue }
            if number == 1 { seconds = Int64(bitPattern: raw) }
            if number == 2 { nanoseconds = Int64(bitPattern: raw) }
        }
        guard let seconds else { return .null }
        // Go's zero time stands for none.
        if seconds == -62_135_596_800 { return .null }
        let date = Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9)
        return .string(micro ? Timestamp.formatMicroseconds(date) : Timestamp.format(date))
    }

    private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(Failure) -> JSON {
        var wire = Wire(bytes)
        var isText = false
        var number: Int64 = 0
        var text = ""
        while let (field, value) = try wire.next() {
            switch (field, value) {
            case (1, .varint(let raw)): isText = raw == 1
            case (2, .varint(let raw)): number = Int64(bitPattern: raw)
            case (3, .bytes(let slice)): text = String(decoding: slice, as: UTF8.self)
            default: continue
            }
        }
        return isText ? .string(text) : .integer(number)
    }

    /// Fields in the order they come.
    private struct Wire {
        enum Value {
            case varint(UInt64)
            case bytes(ArraySlice<UInt8>)
        }

        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        mutating func next() throws(Failure) -> (Int, Value)? {
            if rest.isEmpty { return nil }
            let tag = try varint()
            let number = Int(truncatingIfNeeded: tag >> 3)
            switch tag & 7 {
            case 0: return (number, .varint(try varint()))
            case 2:
                let length = try varint()
                guard length <= UInt64(rest.count) else { throw Failure(message: "the message is cut short") }
                defer { rest = rest.dropFirst(Int(length)) }
                return (number, .bytes(rest.prefix(Int(length))))
            default: throw Failure(message: "wire type \(tag & 7) does not occur in Kubernetes' messages")
            }
        }

        private mutating func varint() throws(Failure) -> UInt64 {
            var result: UInt64 = 0
            for shift in stride(from: 0, to: 64, by: 7) {
                guard let byte = rest.popFirst() else { throw Failure(message: "the message is cut short") }
                result |= UInt64(byte & 0x7F) << UInt64(shift)
                if byte & 0x80 == 0 { return result }
            }
            throw Failure(message: "a number is too long")
        }
    }
}
