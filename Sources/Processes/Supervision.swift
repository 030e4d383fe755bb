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

/// How a program and the body beside it ended.
struct Supervision<Value: Sendable>: Sendable {
    var body: Result<Value, any Error>
    /// `.exited` or `.signalled`.
    var status: ProcessError.Code
    /// It ended by itself while the body ran.
    var endedEarly: Bool
}

/// Starts a program, runs `body` beside it, and waits until both have ended.
/// - Parameter complaints: takes what it writes to standard error.
/// - Parameter written: takes what a server writes to standard output. A server does not end by itself: it is told to
///   when the body returns. nil for a program whose output the body reads and that then ends.
/// - Throws: ``ProcessError`` with `.notStarted`; `CancellationError`.
func supervise<Value: Sendable>(
    _ command: Command, complaints: OutputTail, written: OutputTail? = nil,
    body: (ChildStreams, _ process: Int32) async throws -> Value
) async throws -> Supervision<Value> {
    SignalPolicy.ignoreBrokenPipes()
    let invocation = try command.invocation()
    let input = try makePipe()
    let output: (read: Int32, write: Int32)
    do { output = try makePipe() } catch { closeBoth(input); throw error }
    let failure: (read: Int32, write: Int32)
    do { failure = try makePipe() } catch { closeBoth(input); closeBoth(output); throw error }

    let streams = ChildStreams(
        input: PipeEnd(adopting: input.write, label: "input"), output: PipeEnd(adopting: output.read, label: "output"))
    let errors = PipeEnd(adopting: failure.read, label: "error")
    let ending = TeardownStep.send(signal: command.endSignal.signal, allowedDurationToNextStep: .seconds(3))

    async let tail: Void = complaints.fill(from: errors)
    async let lines: Void? = written?.fill(from: streams.output)
    let outcome: Supervision<Value>
    do {
        let result = try await run(
            invocation.executable.contains("/") ? .path(FilePath(invocation.executable)) : .name(invocation.executable),
            arguments: Arguments(invocation.arguments),
            environment: .inherit.updating(
                Dictionary(
                    uniqueKeysWithValues: command.environment.map { (Environment.Key(stringLiteral: $0), $1) })),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: command.platformOptions(ending),
            input: .fileDescriptor(FileDescriptor(rawValue: input.read), closeAfterSpawningProcess: true),
            output: .fileDescriptor(FileDescriptor(rawValue: output.write), closeAfterSpawningProcess: true),
            error: .fileDescriptor(FileDescriptor(rawValue: failure.write), closeAfterSpawningProcess: true)
        ) { execution -> (Result<Value, any Error>, Bool) in
            let process = execution.processIdentifier.value
            let ended: Result<Value, any Error>
            do { ended = .success(try await body(streams, process)) } catch { ended = .failure(error) }
            let endedEarly = isZombie(process)
            streams.input.close()
            streams.output.close()
            // A child that is about to say why it failed is given a moment; one that hangs is ended.
            if written != nil || !ended.isSuccess { await execution.teardown(using: [ending]) }
            return (ended, endedEarly)
        }
        outcome = Supervision(
            body: result.closureResult.0, status: ProcessError.Code(result.terminationStatus),
            endedEarly: result.closureResult.1)
    } catch {
        errors.close()
        streams.input.close()
        streams.output.close()
        try Task.checkCancellation()
        throw ProcessError(code: .notStarted, program: command.program, message: "\(error)")
    }
    _ = await (tail, lines)
    try Task.checkCancellation()
    return outcome
}

extension ProcessError.Code {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .signalled(signal)
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

/// Whether it has ended; its end is not taken from whoever waits for it.
func isZombie(_ process: pid_t) -> Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
}

extension Command {
    fileprivate func platformOptions(_ ending: TeardownStep) -> PlatformOptions {
        var options = PlatformOptions()
        options.teardownSequence = [ending]
        return options
    }
}

extension Command.EndSignal {
    fileprivate var signal: Subprocess.Signal {
        switch self {
        case .terminate: .terminate
        case .interrupt: .interrupt
        case .quit: .quit
        case .kill: .kill
        }
    }

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .quit: SIGQUIT
        case .kill: SIGKILL
        }
    }
}
