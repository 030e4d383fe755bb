import KubernetesModel

/// The body of a server-side apply. The API server reads it as YAML, even when it is JSON: characters that YAML does not
/// take for themselves, and JSON does, are written as escapes.
enum ApplyBody {
    static func bytes(_ object: JSON) -> [UInt8] {
        let json = [UInt8](object.serialized())
        guard json.contains(where: { $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 || $0 == 0xEF }) else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count + 64)
        var index = 0
        while index < json.count {
            let rest = json[index...].prefix(3)
            // All of them stand inside strings: elsewhere JSON has no such character.
            guard let (escape, length) = escape(Array(rest)) else {
                result.append(json[index])
                index += 1
                continue
            }
            result += Array(escape.utf8)
            index += length
        }
        return result
    }

    /// DEL, the C1 controls, the separators of lines and paragraphs, the mark of the byte order, and what is no character.
    private static func escape(_ bytes: [UInt8]) -> (String, Int)? {
        switch (bytes.first, bytes.count > 1 ? bytes[1] : 0, bytes.count > 2 ? bytes[2] : 0) {
        case (0x7F, _, _): ("\\u007f", 1)
        case (0xC2, 0x80...0x9F, _): ("\\u00" + String(bytes[1], radix: 16), 2)
        case (0xE2, 0x80, 0xA8): ("\\u2028", 3)
        case (0xE2, 0x80, 0xA9): ("\\u2029", 3)
        case (0xEF, 0xBB, 0xBF): ("\\ufeff", 3)
        case (0xEF, 0xBF, 0xBE): ("\\ufffe", 3)
        case (0xEF, 0xBF, 0xBF): ("\\uffff", 3)
        default: nil
        }
    }
}
