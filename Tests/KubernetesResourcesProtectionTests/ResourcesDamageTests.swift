import BackupArchive
import Cryptography
import Foundation
import KubernetesModel
import KubernetesResourcesProtection
import Processes
import Testing

@Suite struct ResourcesDamageTests {
    enum Damage: String, CaseIterable { case missing, flipped, truncated, wrongKey, stale }

    @Test func `Verification says what is wrong with a backup, and a restore of it writes nothing`() async throws {
        try await Cluster.with(.embedded) { cluster in
            let shop = try await cluster.namespace("shop")
            for index in 0..<20 {
                try await cluster.create(
                    ["text": String(repeating: "\(index) some text ", count: 500)], "map-\(index)", in: shop)
            }
            let system = try cluster.system(shop, kinds: ["ConfigMap"], reach: .ownNamespace)
            for damage in Damage.allCases {
                var manifest = try await cluster.backUp(system, "b-\(damage.rawValue.lowercased())")
                let file = cluster.folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
                var bytes = try Data(contentsOf: file)
                switch damage {
                case .missing: try FileManager.default.removeItem(at: file)
                case .flipped:
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: file)
                case .truncated: try bytes.dropLast(20).write(to: file)
                case .wrongKey: break
                case .stale:
                    // The record is newer than the artifact.
                    try await cluster.kubectl(
                        "-n", shop, "patch", "configmap", "map-3", "--type=merge", "-p", #"{"data":{"text":"new"}}"#)
                    manifest.record = try await cluster.backUp(system, "b-newer").record
                }
                try await cluster.kubectl("-n", shop, "delete", "configmap", "map-7", "--ignore-not-found")
                for attempt in 0..<2 {
                    do {
                        if attempt == 0 {
                            _ = try await cluster.verify(manifest, system, wrongKey: damage == .wrongKey)
                        } else if damage == .wrongKey {
                            continue
                        } else {
                            try await cluster.restore(manifest, shop)
                        }
                        Issue.record("a damaged backup was called good: \(damage)")
                    } catch let error as ArchiveError {
                        let expected: [Damage: ArchiveError.Code] = [
                            .missing: .missing, .flipped: .corrupt, .truncated: .truncated, .wrongKey: .wrongKey,
                        ]
                        #expect(error.code == expected[damage], "\(damage): \(error)")
                    } catch let error as VerificationFailure {
                        #expect(damage == .stale && error.check == "objects", "\(damage): \(error)")
                    }
                }
                #expect(try await cluster.data("map-7", in: shop) == nil)
                try await cluster.create(["text": "back"], "map-7", in: shop)
            }
        }
    }

    @Test(arguments: Server.all)
    func `No value of a Secret stands anywhere but in the encrypted artifact`(server: Server) async throws {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop")
            let canary = "c4nary-\(cluster.mark)"
            let encoded = Data(canary.utf8).base64EncodedString()
            func secret(_ value: String) -> String {
                "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: \(shop)}\nimmutable: true\nstringData: {password: \(value)}\n"
            }
            try await cluster.apply(secret(canary))
            let system = try cluster.system(shop, kinds: ["ConfigMap"], secrets: true, reach: .ownNamespace)
            let manifest = try await cluster.backUp(system)
            #expect(try await cluster.text(manifest).contains(encoded))
            let second = try await cluster.backUp(system, "b2")
            #expect(
                manifest.record.fingerprint != second.record.fingerprint,
                "the digest of a weak password could be guessed")
            var said: [String] = ["\(try await cluster.verify(manifest, system))"]
            // A conflict and an object that cannot change: the server's own words might quote it.
            try await cluster.kubectl("-n", shop, "delete", "secret", "login")
            try await cluster.apply(secret("other"))
            for rule in ResourceRestore.ConflictRule.allCases {
                do { said.append("\(try await cluster.restore(manifest, shop, .init(conflict: rule)))") } catch {
                    said.append("\(error)")
                }
            }
            let files = FileManager.default.enumerator(
                at: cluster.folder.appending(path: "store"), includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                said.append(String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self))
            }
            for text in said {
                #expect(!text.contains(canary) && !text.contains(encoded) && !text.contains("other-value"))
            }
        }
    }

    @Test(arguments: Server.all)
    func `Stock tools alone bring the objects back`(server: Server) async throws {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop")
            try await cluster.create(ResourcesBackupTests.odd, "odd", in: shop)
            try await cluster.apply(ResourcesBackupTests.manifests(shop))
            let manifest = try await cluster.backUp(
                try cluster.system(shop, kinds: ["ConfigMap", "deployments.apps", "sa"], secrets: true))
            try await cluster.kubectl("-n", shop, "delete", "configmap/odd", "deployment/api")
            let object = cluster.folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
            let identity = cluster.folder.appending(path: "identity.txt")
            try Data((cluster.identity.secretKey + "\n").utf8).write(to: identity)
            let packed = try await runChild(Command("age", ["-d", "-i", identity.path, object.path]))
            let text = String(decoding: try await runChild(Command("zstd", ["-dc"]), input: packed), as: UTF8.self)
            try await cluster.kubectl("apply", "-f", "-", input: text)
            #expect(try await cluster.data("odd", in: shop) == ResourcesBackupTests.odd)
            // kubectl's own server-side apply fails for control characters such as DEL, whoever wrote the manifest.
            let plain = text.split(separator: "\n---\n").filter { !$0.contains("name: odd") }.joined(
                separator: "\n---\n")
            try await cluster.kubectl("-n", shop, "delete", "deployment/api")
            try await cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input: plain)
            try await cluster.kubectl("-n", shop, "get", "deployment/api")
        }
    }
}
