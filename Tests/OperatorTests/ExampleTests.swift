import Foundation
import Testing

/// What people copy out of the documentation is taken by the API, field by field.
@Suite struct ExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// The YAML blocks of README.md and docs/*.md that hold objects of ours, by the file that they stand in.
    private static func examples() throws -> [(file: String, text: String)] {
        let docs = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path).filter {
            $0.hasSuffix(".md")
        }.sorted()
        return try (["README.md"] + docs.map { "docs/\($0)" }).flatMap { file in
            let blocks = try String(contentsOf: root.appending(path: file), encoding: .utf8).components(
                separatedBy: "```")
            return blocks.filter { $0.hasPrefix("yaml\n") && $0.contains("apiVersion: dr.hotswap.io/") }.map {
                (file, String($0.dropFirst(5)))
            }
        }
    }

    @Test("The examples of the README and of each page are taken as they stand")
    func taken() async throws {
        let examples = try Self.examples()
        #expect(
            Set(examples.map(\.file)).isSuperset(of: [
                "README.md", "docs/backupstore.md", "docs/backuppolicy.md", "docs/recoveryplan.md",
            ]))
        try await World.with(rows: 1) { world in
            try await Standalone.run(world, arguments: ["--api-only"]) { _ in
                try await world.kubectl("create", "namespace", World.namespace)
                for example in examples {
                    // A key is too long for the README.
                    let text = example.text.replacing("age1…", with: world.recipient)
                    await #expect(throws: Never.self, "\(example.file)") {
                        try await world.kubectl(
                            ["apply", "--validate=strict", "--dry-run=server", "-f", "-"], input: text)
                    }
                }
            }
        }
    }
}
