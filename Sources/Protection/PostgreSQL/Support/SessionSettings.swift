import PostgreSQLClient

/// Settings of sessions that read or write rows as text. The same on every side, so that the same row is the same text
/// whatever the server's, the database's or the user's defaults are.
enum SessionSettings {
    /// `pg_dump` sets DateStyle, IntervalStyle and extra_float_digits to these values itself; it leaves TimeZone and
    /// bytea_output alone, so they are given to it.
    static let text = [
        "TimeZone": "UTC", "bytea_output": "hex", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres",
        "extra_float_digits": "3", "row_security": "off",
    ]

    /// Nobody's defaults may end or refuse a long restore: nor the session that only holds its lock meanwhile.
    static let patient = [
        "statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
        "idle_session_timeout": "0",
        "transaction_timeout": "0", "default_transaction_read_only": "off",
    ]

    /// For sessions that run an archive's statements and COPY.
    static let loading = text.merging(patient) { $1 }.merging([
        "search_path": "", "check_function_bodies": "off", "standard_conforming_strings": "on",
        "client_min_messages": "warning", "xmloption": "content", "default_table_access_method": "heap",
        // A crash of the server loses a restore that is not in place yet, which then starts over.
        "synchronous_commit": "off",
    ]) { $1 }

    static let reading = text.merging(patient) { $1 }.merging(["search_path": "", "synchronize_seqscans": "off"]) { $1 }
}

/// Runs `body` with server errors turned into the words of a resource's fields.
func translatingErrors<T>(
    _ server: PostgresConfiguration, _ body: () async throws -> T
) async throws -> T {
    do { return try await body() } catch let error as PostgresError {
        throw PostgresProtectionError(error, server: server)
    } catch let error as ArchiveError {
        throw PostgresProtectionError(error)
    }
}
