import Foundation
import Processes
import Testing

/// What `hack/demo` does to a cluster that is not its own.
@Suite(.timeLimit(.minutes(5))) struct DemoTests {
    private func run(_ function: String, _ probe: Probe) async throws -> String {
        let library = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../hack/lib")
            .standardized.path
        let script = #"set -euo pipefail; . "$1/common.sh"; . "$1/demo.sh"; ( \#(function) ) 2>&1 || echo "code $?""#
        let command = Command("bash", ["-c", script, "bash", library], environment: probe.environment())
        return String(decoding: try await runChild(command), as: UTF8.self)
    }

    @Test func `the demo refuses a namespace that it did not make, and deletes its own`() async throws {
        try await Probe.withFolder { folder in
            try await Probe.run(in: folder) { probe in
                #expect(try await run("check_namespace", probe) == "")
                try await probe.run("create", "namespace", "hotswap")
                try await probe.run("-n", "hotswap", "create", "configmap", "precious")
                for function in ["check_namespace", "make_namespace"] {
                    let said = try await run(function, probe)
                    #expect(
                        said.contains("code 1") && said.contains("kubectl label namespace hotswap"),
                        "\(function): \(said)")
                }
                #expect(
                    try await probe.run("-n", "hotswap", "get", "configmap/precious", "-o", "name").contains("precious")
                )
                try await probe.run("label", "namespace", "hotswap", "dr.hotswap.io/demo=true")
                #expect(try await run("check_namespace", probe) == "")
                // Before the Secrets: those need the demo's servers.
                let script =
                    "make_secret() { :; }; age-keygen() { :; }; work=/tmp AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= S3_CA= PGPASSWORD= PGSSLROOTCERT=; make_namespace"
                #expect(try await run(script, probe) == "")
                #expect(
                    try await probe.run("-n", "hotswap", "get", "configmaps", "-o", "name").contains("precious")
                        == false)
                #expect(try await run("check_namespace", probe) == "")
            }
        }
    }
}
