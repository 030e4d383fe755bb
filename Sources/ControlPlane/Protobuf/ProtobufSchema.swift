/// ``ProtobufTypes`` parsed.
struct ProtobufSchema: Sendable {
    indirect enum FieldType: Sendable, Hashable {
        case text, integer, boolean, bytes, time, microTime, quantity, intOrString, fields
        case message(String)
        case inline(String)
        case list(FieldType)
        case map(FieldType)
    }

    struct Field: Sendable, Hashable {
        var name: String
        var type: FieldType
        /// Whether a zero that was sent was meant: the field is a pointer in the API's types, and absent otherwise.
        var keepsZero: Bool
    }

    static let shared = ProtobufSchema(ProtobufTypes.lines)

    private var messages: [Substring: [Int: Field]] = [:]

    func fields(of message: String) -> [Int: Field]? { messages[message[...]] }

    private init(_ text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            var fields: [Int: Field] = [:]
            for field in parts[1].split(separator: ",") {
                let words = field.split(separator: " ")
                guard words.count == 3, let number = Int(words[0]) else { continue }
                let keepsZero = words[2].hasSuffix("?")
                fields[number] = Field(
                    name: String(words[1]), type: Self.type(keepsZero ? words[2].dropLast() : words[2]),
                    keepsZero: keepsZero)
            }
            messages[parts[0]] = fields
        }
    }

    private static func type(_ text: Substring) -> FieldType {
        switch text {
        case "s": .text
        case "i": .integer
        case "b": .boolean
        case "y": .bytes
        case "time": .time
        case "micro": .microTime
        case "quantity": .quantity
        case "intstr": .intOrString
        case "fields": .fields
        default:
            if text.hasPrefix("[") {
                .list(type(text.dropFirst().dropLast()))
            } else if text.hasPrefix("{") {
                .map(type(text.dropFirst().dropLast()))
            } else if text.hasPrefix("+") {
                .inline(String(text.dropFirst()))
            } else {
                .message(String(text))
            }
        }
    }
}
