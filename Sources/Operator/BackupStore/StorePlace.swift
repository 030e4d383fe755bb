import Foundation
import KubernetesModel
import RecoveryAPI

/// Where a store keeps its objects, so that two ways to write one place are the same.
///
/// Two names of one server are two places here: nothing but the server knows better.
enum StorePlace: Sendable, Hashable {
    case s3(server: String, bucket: String, prefix: String)
    case folder(String)

    init?(_ spec: BackupStore.Spec) {
        if let s3 = spec.s3 {
            self = .s3(
                server: Self.server(s3.endpoint), bucket: s3.bucket,
                prefix: Self.parts(s3.prefix ?? "").joined(separator: "/"))
        } else if let filesystem = spec.filesystem {
            self = .folder(Self.folder(filesystem.path))
        } else {
            return nil
        }
    }

    /// Scheme and host in small letters, the scheme's own port left out, no slash at the end.
    private static func server(_ endpoint: String) -> String {
        guard let parts = URLComponents(string: endpoint), let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.lowercased()
        else {
            return endpoint
        }
        let port = parts.port.flatMap { $0 == ["http": 80, "https": 443][scheme] ? nil : ":\($0)" } ?? ""
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let path = Self.parts(parts.percentEncodedPath).map { "/\($0)" }.joined()
        return "\(scheme)://\(name)\(port)\(path)"
    }

    /// Without `.`, `..` and slashes that say nothing. Links are not followed: the folder may not be there yet.
    private static func folder(_ path: String) -> String {
        var kept: [String] = []
        for part in parts(path) where part != "." {
            if part == ".." { _ = kept.popLast() } else { kept.append(part) }
        }
        return "/" + kept.joined(separator: "/")
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}

extension BackupStore {
    /// Whether two stores would write over each other's keys. A namespace has a folder of its own in a store.
    func sharesPlace(with other: BackupStore) -> Bool {
        guard namespace == other.namespace, let mine = StorePlace(spec), let theirs = StorePlace(other.spec) else {
            return false
        }
        return mine == theirs
    }
}
