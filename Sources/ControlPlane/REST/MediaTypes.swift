/// What a client wants to get, from its `Accept` header.
enum Representation: Sendable, Hashable {
    case object
    /// Rows and columns, for people.
    case table
    /// Metadata alone.
    case metadata
    /// `APIGroupDiscoveryList`.
    case aggregatedDiscovery
}

/// One range of an `Accept` header.
private struct MediaRange {
    var type: String
    var parameters: [String: String]

    static func parse(_ header: String) -> [MediaRange] {
        header.split(separator: ",").map { part in
            let pieces = part.split(separator: ";").map { $0.trimming() }
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst() {
                let pair = piece.split(separator: "=", maxSplits: 1)
                parameters[pair[0].trimming().lowercased()] = pair.count > 1 ? pair[1].trimming() : ""
            }
            return MediaRange(type: pieces.first?.lowercased() ?? "", parameters: parameters)
        }
    }

    /// Whether JSON satisfies it.
    var takesJSON: Bool { ["application/json", "application/*", "*/*"].contains(type) }
}

extension Substring {
    func trimming() -> String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

enum MediaTypes {
    static let served = "application/json"

    /// The first representation of the header that the server has.
    /// - Throws: 406 when there is none.
    static func negotiate(_ accept: String, isDiscovery: Bool = false) throws(APIFailure) -> Representation {
        if accept.isEmpty { return .object }
        for range in MediaRange.parse(accept) where range.takesJSON {
            switch (range.parameters["as"], range.parameters["g"], range.parameters["v"]) {
            case (nil, _, _): return .object
            case ("Table", "meta.k8s.io", "v1") where !isDiscovery: return .table
            case ("PartialObjectMetadata", "meta.k8s.io", "v1") where !isDiscovery: return .metadata
            case ("PartialObjectMetadataList", "meta.k8s.io", "v1") where !isDiscovery: return .metadata
            case ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") where isDiscovery: return .aggregatedDiscovery
            default: continue
            }
        }
        throw .notAcceptable(served)
    }

    /// The bare type of a `Content-Type` header, lowercase.
    static func bare(_ contentType: String) -> String {
        (contentType.split(separator: ";").first ?? "").trimming().lowercased()
    }
}
