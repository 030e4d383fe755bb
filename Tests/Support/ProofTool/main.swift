import BackupArchive
import Cryptography
import Foundation
import ObjectStore
import PostgreSQLClient
import PostgreSQLProtection

// A verification for tests that kill it. Usage: proof-tool STORE IDENTITY NAMESPACE POLICY BACKUP SCRATCH [HOST PORT USER]
// Verifies the backup, in a scratch server or the named one, whose password is in PGPASSWORD; prints each step, and waits
// for ever in the one named by PROOF_TOOL_STOP.
let arguments = CommandLine.arguments
guard arguments.count >= 7 else { exit(2) }
let environment = ProcessInfo.processInfo.environment
var target: PostgresConfiguration?
let login = PostgresConfiguration(host: "127.0.0.1", database: "postgres", user: "none")
if arguments.count >= 10, let port = Int(arguments[8]) {
    target = PostgresConfiguration(
        host: arguments[7], port: port, database: "postgres", user: arguments[9], password: environment["PGPASSWORD"],
        sslMode: .disable)
}
let proof = PostgresProof(target: target)
do {
    let store = FilesystemStore(root: arguments[1])
    let identities = try AgeIdentity.parseFile(try String(contentsOfFile: arguments[2], encoding: .utf8))
    let backups = try await Catalogue(store).list(namespace: arguments[3], policy: arguments[4]).manifests
    guard let backup = backups.first(where: { $0.backup == arguments[5] }) else { exit(2) }
    let report = try await PostgreSQLSystem(server: login, proof: { proof }).verify(
        backup, from: BackupReader(store: store, identities: identities), scratch: URL(filePath: arguments[6])
    ) { step in
        print(step)
        fflush(nil)
        if step == environment["PROOF_TOOL_STOP"] { while true { sleep(3600) } }
    }
    for check in report.checks { print("\(check.name): \(check.message)") }
} catch {
    print("failed \(error)")
    exit(1)
}
