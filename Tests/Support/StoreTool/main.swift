import BackupArchive
import Foundation
import ObjectStore

// What a test needs another process for. Usage: store-tool VERB FOLDER ARGUMENTS…
//   create FOLDER KEY TEXT     one conditional create; prints `won` or `lost`
//   begin FOLDER UID           takes the ledger's token; prints `ours` or `taken`
//   upload FOLDER KEY          prints `begun`, then writes parts until it is killed or fails
//   pipeline FILE TIMES        an artifact of 16 MiB of the file, so many times after another, into a store that keeps nothing;
//                              prints plain bytes, stored bytes, seconds, and the most memory in KiB
let arguments = CommandLine.arguments
guard arguments.count >= 3 else { exit(2) }
let store = FilesystemStore(root: arguments[2])

do {
    switch arguments[1] {
    case "create":
        do {
            _ = try await store.put(arguments[3], Array(arguments[4].utf8), .ifAbsent)
            print("won")
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            print("lost")
        }
    case "begin":
        let entry = LedgerEntry(
            namespace: "ns", plan: "plan", token: "token", run: "run", runUID: arguments[3], planHash: "hash",
            startedAt: Date(timeIntervalSince1970: 1_800_000_000))
        switch try await Ledger(store).begin(entry) {
        case .ours: print("ours")
        case .taken: print("taken")
        }
    case "upload":
        _ = try await store.upload(arguments[3]) { sink in
            let piece = [UInt8](repeating: 7, count: 9 << 20)
            try await sink.write(piece)
            print("begun")
            fflush(nil)
            while true { try await sink.write(piece) }
        }
    case "pipeline":
        try await measurePipeline(file: arguments[2], times: Int(arguments[3]) ?? 1)
    default: exit(2)
    }
} catch {
    print("failed \(error)")
    exit(1)
}
