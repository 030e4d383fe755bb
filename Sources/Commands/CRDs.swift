import ArgumentParser
import Foundation
import KubernetesModel
import RecoveryAPI

struct CRDs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crds", abstract: "Prints the CustomResourceDefinitions, as kubectl apply takes them.")

    @Option(help: "A folder to write one file for each kind into, instead of printing.")
    var output: String?

    func run() throws {
        for definition in CustomResourceDefinitions.all {
            let text = YAMLText.document(definition)
            guard let output else {
                print("---\n\(text)", terminator: "")
                continue
            }
            let folder = URL(filePath: output, directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let file = folder.appending(path: CustomResourceDefinitions.fileName(of: definition))
            try Data(text.utf8).write(to: file, options: .atomic)
        }
    }
}
