import Processes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Who runs the scratch server: PostgreSQL refuses root.
enum ScratchAccount {
    /// nil: who runs this process.
    static func current() throws -> Command.Account? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            if let account = find(name) { return account }
        }
        throw PostgresProtectionError(
            .toolsMissing,
            "a PostgreSQL server does not run as root, and there is no user postgres or nobody to run it",
            field: "verification", mend: "run dr as another user than root")
    }

    private static func find(_ name: String) -> Command.Account? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil, entry.pw_uid != 0 else {
            return nil
        }
        return Command.Account(user: entry.pw_uid, group: entry.pw_gid)
    }
}
