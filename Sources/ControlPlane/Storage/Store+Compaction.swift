import Foundation
import GRDB

extension Store {
    /// Drops the history beyond the limits: replaced versions and deletions. What is current stays.
    /// - Parameter keeping: how many of the newest revisions to keep at most; nil for the configured number.
    /// - Returns: the oldest revision from which the history is complete.
    @discardableResult
    func compact(keeping: Int64? = nil, now: Date = Date()) async throws -> Int64 {
        let keep = keeping ?? limits.historyCount
        let horizon = Int64(now.timeIntervalSince1970) - limits.historySeconds
        return try await write { try $0.compact(keeping: keep, olderThan: horizon) }
    }
}

extension StoreTransaction {
    fileprivate func compact(keeping: Int64, olderThan horizon: Int64) throws -> Int64 {
        try withDatabase { db in
            let current = try Store.counter(db, "revision")
            let byAge = try Int64.fetchOne(
                db, sql: "SELECT max(revision) FROM record WHERE time < ?", arguments: [horizon])
            let old = try Store.counter(db, "compacted")
            let new = max(old, current - keeping, min(byAge ?? 0, current))
            if new <= old { return old }
            try db.execute(sql: "DELETE FROM record WHERE replaced <= ?", arguments: [new])
            try db.execute(sql: "DELETE FROM record WHERE deleted = 1 AND revision <= ?", arguments: [new])
            try db.execute(sql: "UPDATE counter SET value = ? WHERE name = 'compacted'", arguments: [new])
            return new
        }
    }
}
