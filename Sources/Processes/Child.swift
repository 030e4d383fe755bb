import CLinux
import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
#if canImport(System)
    import System
#else
    import SystemPackage
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
/// the child gets SIGTERM, and SIGKILL three seconds later. If the child failed, its own error wins over the broken
/// pipe that `body` saw, since it says why.
/// - Throws: ``ProcessError`` when the program cannot start or ends with another code than 0; what `body` threw.
public func withChild<Result: Sendable>(
    _ command: Command, body: (ChildStreams) async throws -> Result
) async throws -> Result {
    SignalPolicy.ignoreBrokenPipes()
    let input = try makePipe()
    let output: (read: Int32, write: Int32)
    do { output = try makePipe() } catch { closeBoth(input); throw error }
    let failure: (read: Int32, write: Int32)
    do { failure = try makePipe() } catch { closeBoth(input); closeBoth(output); throw error }

    let streams = ChildStreams(
        input: PipeEnd(adopting: input.write, label: "input"), output: PipeEnd(adopting: output.read, label: "output"))
    let complaints = PipeEnd(adopting: failure.read, label: "error")
    let program = command.executable.split(separator: "/").last.map(String.init) ?? command.executable

    var options = PlatformOptions()
    options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(3))]

    async let tail = lastBytes(of: complaints, keeping: 4096)
    let outcome: (body: Swift.Result<Result, any Error>, status: TerminationStatus)
    do {
        let result = try await run(
            command.executable.contains("/") ? .path(FilePath(command.executable)) : .name(command.executable),
            arguments: Arguments(command.arguments),
            environment: .inherit.updating(
                Dictionary(
                    uniqueKeysWithValues: command.environment.map { (Environment.Key(stringLiteral: $0), $1) })),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: input.read), closeAfterSpawningProcess: true),
            output: .fileDescriptor(FileDescriptor(rawValue: output.write), closeAfterSpawningProcess: true),
            error: .fileDescriptor(FileDescriptor(rawValue: failure.write), closeAfterSpawningProcess: true)
        ) { execution in
            do {
                let value = try await body(streams)
                streams.input.close()
                streams.output.close()
                return Swift.Result<Result, any Error>.success(value)
            } catch {
                streams.input.close()
                streams.output.close()
                // A child that is about to say why it failed is given a moment; one that hangs is ended.
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(3))])
                return .failure(error)
            }
        }
        outcome = (result.closureResult, result.terminationStatus)
    } catch {
        complaints.close()
        streams.input.close()
        streams.output.close()
        try Task.checkCancellation()
        throw ProcessError(code: .notStarted, program: program, message: "\(error)")
    }
    let message = await tail
    try Task.checkCancellation()
    switch (outcome.status, outcome.body) {
    case (.exited(0), .success(let value)): return value
    case (.exited(let code), _) where code != 0:
        throw ProcessError(code: .exited(code), program: program, message: message)
    // A child that somebody else killed, as the kernel does for want of memory, is why its pipe was lost.
    case (.signaled(let signal), .failure(let error as ProcessError))
    where error.code == .pipe && signal != SIGPIPE && signal != SIGTERM:
        throw ProcessError(code: .signalled(signal), program: program, message: message)
    // SIGPIPE and our own SIGTERM follow from the body's error, which then says more.
    case (.signaled(_), .failure(let error)): throw error
    case (.signaled(let signal), _):
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
    try await withChild(command) { streams in
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

private func lastBytes(of pipe: PipeEnd, keeping limit: Int) async -> String {
    var kept: [UInt8] = []
    while let piece = try? await pipe.read(upTo: 16 << 10), !piece.isEmpty {
        kept += piece
        if kept.count > 2 * limit { kept.removeFirst(kept.count - limit) }
    }
    let text = String(decoding: kept.suffix(limit), as: UTF8.self)
    return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}

/// Both ends close on exec: a child gets only what it is given.
private func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else {
        throw ProcessError(code: .pipe, program: "pipe", message: String(cString: strerror(errno)))
    }
    return (ends[0], ends[1])
}

private func closeBoth(_ ends: (read: Int32, write: Int32)) {
    close(ends.read)
    close(ends.write)
}
