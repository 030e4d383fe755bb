public import KubernetesModel
public struct LabelSelector: Sendable, Hashable {
    var eq: [String: String] = [:]
    var ne: [String: String] = [:]
    var isIn: [String: Set<String>] = [:]
    var absent: [String] = []
    public init(parsing text: String) throws(MachineryError) {
        var parts: [String] = [], depth = 0, cur = ""
        for c in text { if c == "(" { depth += 1 }; if c == ")" { depth -= 1 }; if c == ",", depth == 0 { parts.append(cur); cur = "" } else { cur.append(c) } }
        parts.append(cur)
        for p in parts {
            if let r = p.firstRange(of: " in (") { isIn[String(p[..<r.lowerBound])] = Set(p[r.upperBound...].dropLast().split(separator: ",").map(String.init)) }
            else if let r = p.firstRange(of: "!=") { ne[String(p[..<r.lowerBound])] = String(p[r.upperBound...]) }
            else if let r = p.firstRange(of: "=") { eq[String(p[..<r.lowerBound])] = String(p[r.upperBound...].drop { $0 == "=" }) }
            else if p.hasPrefix("!") { absent.append(String(p.dropFirst())) }
        }
    }
    public init(_ selector: JSON?) { for (k, v) in selector?["matchLabels"]?.object ?? [:] { eq[k] = v.string ?? "" } }
    public func matches(_ l: [String: String]) -> Bool {
        eq.allSatisfy { l[$0] == $1 } && ne.allSatisfy { l[$0] != $1 } && isIn.allSatisfy { $1.contains(l[$0] ?? "") } && absent.allSatisfy { l[$0] == nil }
    }
    public func matches(labels: JSON?) -> Bool { matches((labels?.object ?? [:]).compactMapValues(\.string)) }
    public var isEmpty: Bool { true }
}
