import Foundation
import KubernetesModel

/// The administrator's kubeconfig: everything in one file, for `kubectl --kubeconfig`.
enum Kubeconfig {
    static func text(server: String, authorityPEM: String, token: String) -> String {
        let document: JSON = [
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                [
                    "name": "dr-standalone",
                    "cluster": [
                        "server": .string(server),
                        "certificate-authority-data": .string(Data(authorityPEM.utf8).base64EncodedString()),
                    ],
                ]
            ],
            "users": [["name": "admin", "user": ["token": .string(token)]]],
            "contexts": [["name": "dr-standalone", "context": ["cluster": "dr-standalone", "user": "admin"]]],
            "current-context": "dr-standalone",
        ]
        // JSON is YAML, and needs no quoting rules of its own.
        return String(decoding: document.serialized(pretty: true), as: UTF8.self) + "\n"
    }
}
