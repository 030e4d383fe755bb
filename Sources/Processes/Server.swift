/// A server that runs as a child of this process.
public struct Server: Sendable {
    public let process: Int32
    private let complaints: OutputTail
    private let output: OutputTail

    init(process: Int32, complaints: OutputTail, output: OutputTail) {
        self.process = process
        self.complaints = complaints
        self.output = output
    }

    /// Whether it has ended by itself.
    public var hasEnded: Bool { isZombie(process) }

    /// The last of what it wrote, standard error before standard output.
    public var lastWords: String { [complaints.text, output.text].filter { !$0.isEmpty }.joined(separator: "\n") }
}

/// Runs a server while `body` does; what it writes is read, so that it never waits for that. Its standard input stays
/// open. Afterwards it gets the command's ``Command/endSignal``, SIGKILL three seconds later, and has ended when this
/// returns. Set ``Command/diesWithParent`` too, so that it also ends with a killed `dr`.
/// - Throws: ``ProcessError`` when it cannot start, and when it ended by itself before `body` failed, which then
///   follows from it; what `body` threw.
public func withServer<Value: Sendable>(
    _ command: Command, body: (Server) async throws -> Value
) async throws -> Value {
    let (complaints, written) = (OutputTail(), OutputTail())
    let outcome = try await supervise(command, complaints: complaints, written: written) { _, process in
        try await body(Server(process: process, complaints: complaints, output: written))
    }
    switch outcome.body {
    case .success(let value): return value
    case .failure(let error):
        guard outcome.endedEarly else { throw error }
        throw ProcessError(code: outcome.status, program: command.program, message: complaints.text)
    }
}
