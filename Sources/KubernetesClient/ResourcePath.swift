import KubernetesModel

/// URL paths and queries. Names are data: every segment and value is escaped.
enum ResourcePath {
    static func path(
        _ type: ResourceType, namespace: String?, name: String? = nil, subresource: String? = nil
    ) -> String {
        var segments = type.group.isEmpty ? ["api", type.version] : ["apis", type.group, type.version]
        if type.namespaced, let namespace, !namespace.isEmpty { segments += ["namespaces", namespace] }
        segments.append(type.plural)
        if let name { segments.append(name) }
        if let subresource { segments.append(subresource) }
        return segments.map { "/" + escape($0) }.joined()
    }

    static func query(_ items: [(String, String?)]) -> String {
        let given = items.compactMap { key, value in value.map { "\(escape(key))=\(escape($0))" } }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }

    /// RFC 3986's unreserved characters stay; a segment of dots would climb and is escaped too.
    static func escape(_ text: String) -> String {
        if text == "." || text == ".." { return text.replacing(".", with: "%2E") }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ResourceType {
    /// `get deployments.apps/api in shop`, for error messages.
    func describe(_ verb: String, _ namespace: String?, _ name: String?) -> String {
        let place = namespace.map { $0.isEmpty ? "" : " in \($0)" } ?? ""
        return "\(verb) \(groupResource)\(name.map { "/\($0)" } ?? "")\(place)"
    }
}
