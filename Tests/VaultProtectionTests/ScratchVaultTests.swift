import BackupArchive
import Testing

@testable import VaultProtection

@Suite struct ScratchVaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var error: VaultError
        /// Nil for a broken backup.
        var code: VaultError.Code?
        var mend = false
    }

    private static func answer(_ status: Int, _ words: String) -> VaultError {
        VaultError(status: status, errors: [words], what: "POST sys/storage/raft/snapshot-force", policy: nil)
    }

    static let rows = [
        Row(testDescription: "it refuses what is in the backup", error: answer(400, "unsupported snapshot"), code: nil),
        Row(
            testDescription: "its disk is full", error: answer(500, "write /x: no space left on device"),
            code: .scratchServer, mend: true),
        Row(
            testDescription: "its disk is full, and it calls that our fault",
            error: answer(400, "No space left on device"), code: .scratchServer, mend: true),
        Row(testDescription: "it breaks", error: answer(500, "internal error"), code: .scratchServer),
        Row(testDescription: "it is overloaded", error: answer(503, "busy"), code: .scratchServer),
        Row(
            testDescription: "it ended", error: VaultError(.unreachable, "connection refused", isRetriable: true),
            code: .unreachable),
        Row(testDescription: "the stream broke", error: VaultError(.serverError, "malformed"), code: .scratchServer),
        Row(testDescription: "the keys are others", error: VaultError(.unsealKeys, "no"), code: .unsealKeys),
    ]

    @Test(arguments: rows) func `Only a request that a scratch server refuses says something about a backup`(_ row: Row)
    {
        switch ScratchVault.judged(row.error) {
        case let failure as VerificationFailure: #expect(row.code == nil && failure.check == "restore")
        case let error as VaultError:
            #expect(error.code == row.code)
            if row.code == .scratchServer {
                #expect(
                    error.isRetriable && error.field == "verification"
                        && (error.mend?.contains("DR_CACHE") ?? false) == row.mend)
            }
        case let other: Issue.record("\(other)")
        }
    }
}
