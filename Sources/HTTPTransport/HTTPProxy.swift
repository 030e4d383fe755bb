#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Foundation

/// Which proxy a request takes. Decided here and not by libcurl, which does not know CIDRs in `NO_PROXY`.
public enum HTTPProxy: Sendable, Hashable {
    case none
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and their lowercase forms.
    case environment
    case url(String, noProxy: String)

    /// - Returns: the proxy's URL, or nil for a direct connection.
    func proxy(scheme: String, host: String, environment: [String: String] = ProcessInfo.processInfo.environment)
        -> String?
    {
        switch self {
        case .none: return nil
        case .url(let url, let exceptions):
            return Self.isExcepted(host: host, list: exceptions) ? nil : url
        case .environment:
            func variable(_ name: String) -> String? {
                let value = environment[name.lowercased()] ?? environment[name] ?? ""
                return value.isEmpty ? nil : value
            }
            guard let url = variable(scheme.uppercased() + "_PROXY") ?? variable("ALL_PROXY") else { return nil }
            return Self.isExcepted(host: host, list: variable("NO_PROXY") ?? "") ? nil : url
        }
    }

    /// Entries are `*`, a host, a domain with or without a leading dot, an address, or a CIDR.
    static func isExcepted(host: String, list: String) -> Bool {
        let host = host.lowercased().trimmingCharacters(in: ["[", "]"])
        if host == "localhost" || host == "::1" || (!host.contains(":") && address(host)?.first == 127) { return true }
        return list.lowercased().split(whereSeparator: { $0 == "," || $0 == " " }).contains { entry in
            if entry == "*" { return true }
            if entry.contains("/") { return isIn(host: host, cidr: String(entry)) }
            let name = entry.hasPrefix("*.") ? entry.dropFirst(1) : entry
            let bare = name.hasPrefix(".") ? name.dropFirst() : name
            return host == bare || host.hasSuffix("." + bare)
        }
    }

    private static func isIn(host: String, cidr: String) -> Bool {
        let parts = cidr.split(separator: "/")
        guard parts.count == 2, let bits = Int(parts[1]), let network = address(String(parts[0])),
            let candidate = address(host), network.count == candidate.count, bits >= 0, bits <= network.count * 8
        else { return false }
        return (0..<bits).allSatisfy { bit in
            (network[bit / 8] ^ candidate[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }

    private static func address(_ text: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
