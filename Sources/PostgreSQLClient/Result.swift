import CPostgres

/// The owner of one `PGresult`.
final class Result {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    var affectedRows: Int? { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } }

    func value() -> PostgresResult {
        let columns = (0..<PQnfields(pointer)).map { String(cString: PQfname(pointer, $0)) }
        let rows = (0..<PQntuples(pointer)).map { row in
            PostgresRow(
                columns: columns,
                values: (0..<Int32(columns.count)).map { column in
                    guard PQgetisnull(pointer, row, column) == 0 else { return nil }
                    let bytes = UnsafeRawBufferPointer(
                        start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
                    return String(decoding: bytes, as: UTF8.self)
                })
        }
        return PostgresResult(
            columns: columns, rows: rows, commandTag: String(cString: PQcmdStatus(pointer)),
            affectedRows: affectedRows)
    }

    func error(isConnected: Bool) -> PostgresError {
        func field(_ code: CPostgresField) -> String? {
            PQresultErrorField(pointer, Int32(code.rawValue)).map { String(cString: $0) }
        }
        let state = field(DR_PG_SQLSTATE) ?? ""
        // COPY's context quotes the offending row after "line 5: " or "column x: ".
        let context = field(DR_PG_CONTEXT).map { text in
            text.hasPrefix("COPY ") ? String(text.prefix { $0 != ":" }) : text
        }
        return PostgresError(
            code: state.isEmpty
                ? (isConnected ? .other : .connectionLost) : PostgresError.Code(sqlState: state),
            sqlState: state, severity: field(DR_PG_SEVERITY) ?? "ERROR",
            message: field(DR_PG_MESSAGE) ?? String(cString: PQresultErrorMessage(pointer)).trimmingNewlines,
            detail: field(DR_PG_DETAIL), hint: field(DR_PG_HINT), schema: field(DR_PG_SCHEMA),
            table: field(DR_PG_TABLE), column: field(DR_PG_COLUMN), constraint: field(DR_PG_CONSTRAINT),
            where: context)
    }
}
