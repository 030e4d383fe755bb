import Cryptography
import PostgreSQLClient

/// Reads all large objects of a database in blocks.
enum LargeObjectReader {
    static func read(
        on connection: PostgresConnection, isCounting: Bool
    ) async throws -> Fingerprint.LargeObjects {
        if isCounting {
            let row = try await connection.query("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata").first
            return Fingerprint.LargeObjects(count: row?[0].flatMap { Int64($0) } ?? 0)
        }
        var scanner = LargeObjectScanner()
        var last: UInt32 = 0
        while true {
            // In steps: a database may hold millions.
            let batch = try await connection.query(
                "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid > $1::oid ORDER BY oid LIMIT 1000",
                [String(last)])
            let numbers = batch.rows.compactMap { $0[0].flatMap { UInt32($0) } }
            guard let end = numbers.last else { return scanner.result }
            for number in numbers { try await read(number, on: connection, into: &scanner) }
            last = end
        }
    }

    private static func read(
        _ number: UInt32, on connection: PostgresConnection, into scanner: inout LargeObjectScanner
    ) async throws {
        scanner.begin(number)
        var offset = 0
        let step = 1 << 20
        while true {
            let row = try await connection.query(
                "SELECT pg_catalog.encode(pg_catalog.lo_get($1::oid, $2::bigint, $3::int), 'hex')",
                [String(number), String(offset), String(step)]
            ).first
            let bytes = row?[0].flatMap { [UInt8](hexString: $0) } ?? []
            bytes.withUnsafeBytes { scanner.add($0) }
            offset += bytes.count
            if bytes.count < step { break }
        }
        scanner.end()
    }
}
