#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Command {
    /// The program's name without its folder.
    var program: String { executable.split(separator: "/").last.map(String.init) ?? executable }

    /// What is really executed.
    ///
    /// Another account is taken on by `setpriv`, not between fork and exec: there glibc would tell the change to the other
    /// threads, which the child does not have, and wait for ever for one that was being made (seen in Subprocess 1.0.2).
    ///
    /// The kernel's signal at a parent's end (prctl(2), PR_SET_PDEATHSIG) is for the process that asks for it, survives
    /// `exec` and is lost with a change of user, so `setpriv` asks for it in the child, after that change. The parent may
    /// have ended before: then nobody would ever send it, which the shell rules out by looking who the parent is. Its
    /// text is fixed; program and arguments are its parameters. The parent is a thread, to the kernel: all children
    /// are started by one that lives as long as this process.
    func invocation() throws -> (executable: String, arguments: [String]) {
        guard account != nil || diesWithParent != nil else { return (executable, arguments) }
        var options: [String] = []
        if let account { options += ["--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups"] }
        var program = [try Self.find(executable)] + arguments
        if let diesWithParent {
            options.append("--pdeathsig=\(diesWithParent.rawValue)")
            program =
                ["sh", "-c", #"[ "$PPID" = "$1" ] || exit 1; shift; exec "$@""#, "sh", String(getpid())] + program
        }
        return (try Self.find("setpriv", from: "util-linux"), options + program)
    }

    /// Found here rather than by the shell, which would report it as an end of the program.
    private static func find(_ name: String, from package: String? = nil) throws(ProcessError) -> String {
        if name.contains("/") {
            if access(name, X_OK) == 0 || !name.hasPrefix("/") { return name }
        } else {
            let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            for folder in path.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
                return "\(folder)/\(name)"
            }
        }
        throw ProcessError(
            code: .notStarted, program: name.split(separator: "/").last.map(String.init) ?? name,
            message: package.map { "install \($0)" } ?? "it is not there, or may not be executed")
    }
}
