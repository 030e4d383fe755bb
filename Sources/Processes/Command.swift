/// A program and its arguments. Never a shell: every argument reaches the program as it is, whatever it contains.
public struct Command: Sendable, Hashable {
    /// A name looked up in `PATH`, or a path.
    public var executable: String
    /// Visible to every user of the machine in the process list: never a secret.
    public var arguments: [String]
    /// Added to the environment of `dr`; the place for secrets that a tool takes (`PGPASSWORD`).
    public var environment: [String: String]
    public var workingDirectory: String?
    /// Who runs it; nil: the user that `dr` runs as. Only root may name another. Needs `setpriv` of util-linux.
    public var account: Account?
    /// What asks it to end, when the task is cancelled or its time is over. SIGKILL follows three seconds later.
    public var endSignal: EndSignal
    /// What the kernel sends it the moment this process ends, however it ends; nil: nothing. Its own children get
    /// nothing: a program that has some needs a signal on which it ends them. Needs `setpriv` of util-linux.
    public var diesWithParent: EndSignal?

    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, account: Account? = nil, endSignal: EndSignal = .terminate,
        diesWithParent: EndSignal? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.account = account
        self.endSignal = endSignal
        self.diesWithParent = diesWithParent
    }

    /// A user of the machine by its numbers, without further groups.
    public struct Account: Sendable, Hashable {
        public var user: UInt32
        public var group: UInt32

        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    public enum EndSignal: String, Sendable, Hashable, CaseIterable {
        case terminate = "TERM"
        case interrupt = "INT"
        case quit = "QUIT"
        case kill = "KILL"
    }
}

/// Why a program did not do its work.
public struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The program is not there or cannot be executed.
        case notStarted
        /// It ended with this code.
        case exited(Int32)
        /// It was ended by this signal.
        case signalled(Int32)
        /// A pipe to or from it failed.
        case pipe
    }

    public var code: Code
    /// The program's name without its arguments.
    public var program: String
    /// The last lines it wrote to standard error, at most 4 KiB.
    public var message: String

    public init(code: Code, program: String, message: String) {
        self.code = code
        self.program = program
        self.message = message
    }

    public var description: String {
        let what =
            switch code {
            case .notStarted: "could not be started"
            case .exited(let code): "ended with code \(code)"
            case .signalled(let signal): "was ended by signal \(signal)"
            case .pipe: "lost its pipe"
            }
        return message.isEmpty ? "\(program) \(what)" : "\(program) \(what): \(message)"
    }
}
