#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The two pipes of a running child.
public struct ChildStreams: Sendable {
    /// Closed for the child when the body returns; close it earlier where the child waits for the end of input.
    public let input: PipeEnd
    public let output: PipeEnd
}

/// Runs a program while `body` feeds and reads it.
///
/// When `body` returns, its input is closed and the child's end awaited. When `body` throws or the task is cancelled,
/// the child gets the command's ``Command/endSignal``, and SIGKILL three seconds later. If the child failed, its own
/// error wins over the broken pipe that `body` saw, since it says why.
/// - Throws: ``ProcessError`` when the program cannot start or ends with another code than 0; what `body` threw.
public func withChild<Result: Sendable>(
    _ command: Command, body: (ChildStreams) async throws -> Result
) async throws -> Result {
    try await withChild(command, complaints: OutputTail(), body: body)
}

/// - Parameter complaints: Gets what the child writes to standard error.
private func withChild<Result: Sendable>(
    _ command: Command, complaints: OutputTail, body: (ChildStreams) async throws -> Result
) async throws -> Result {
    let outcome = try await supervise(command, complaints: complaints) { streams, _ in
        try await body(streams)
    }
    let (program, message) = (command.program, complaints.text)
    switch (outcome.status, outcome.body) {
    case (.exited(0), .success(let value)): return value
    case (.exited(let code), _) where code != 0:
        throw ProcessError(code: .exited(code), program: program, message: message)
    // A child that somebody else killed, as the kernel does for want of memory, is why its pipe was lost.
    case (.signalled(let signal), .failure(let error as ProcessError))
    where error.code == .pipe && signal != SIGPIPE && signal != command.endSignal.number:
        throw ProcessError(code: .signalled(signal), program: program, message: message)
    // SIGPIPE and our own signal follow from the body's error, which then says more.
    case (.signalled, .failure(let error)): throw error
    case (.signalled(let signal), _):
        throw ProcessError(code: .signalled(signal), program: program, message: message)
    case (_, .failure(let error)): throw error
    default: throw ProcessError(code: .pipe, program: program, message: message)
    }
}

/// Runs a program to its end.
/// - Parameter limit: the most it may write to standard output, in bytes.
/// - Returns: what it wrote to standard output.
@discardableResult
public func runChild(_ command: Command, input: [UInt8] = [], limit: Int = 16 << 20) async throws -> [UInt8] {
    try await run(command, input: input, limit: limit, complaints: OutputTail())
}

/// Runs a program to its end, and listens to what it says meanwhile.
/// - Returns: the last of what it wrote to standard error, at most 4 KiB.
public func complaints(of command: Command) async throws -> String {
    let complaints = OutputTail()
    _ = try await run(command, input: [], limit: 16 << 20, complaints: complaints)
    return complaints.text
}

private func run(_ command: Command, input: [UInt8], limit: Int, complaints: OutputTail) async throws -> [UInt8] {
    try await withChild(command, complaints: complaints) { streams in
        async let feeding: Void = {
            // A program may end without reading all of its input; its exit code tells whether that was right.
            if !input.isEmpty { try? await streams.input.write(input) }
            streams.input.close()
        }()
        var collected: [UInt8] = []
        while true {
            let piece = try await streams.output.read(upTo: 64 << 10)
            if piece.isEmpty { break }
            collected += piece
            guard collected.count <= limit else {
                throw ProcessError(code: .pipe, program: command.executable, message: "wrote more than \(limit) bytes")
            }
        }
        await feeding
        return collected
    }
}
