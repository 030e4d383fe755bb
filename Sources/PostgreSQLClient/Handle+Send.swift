import CPostgres

extension Handle {
    func sendScript(_ sql: String) throws(PostgresError) {
        guard PQsendQuery(pointer, sql) == 1 else { throw lost() }
    }

    func sendQuery(_ sql: String, _ parameters: [String?]) throws(PostgresError) {
        let sent = withCStrings(parameters) { values in
            PQsendQueryParams(pointer, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        guard sent == 1 else { throw lost() }
    }
}
