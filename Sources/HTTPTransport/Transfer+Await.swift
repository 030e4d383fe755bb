import Synchronization

/// The side of the task.
extension Transfer {
    /// Until the headers of the final answer are in.
    func awaitHead() async throws -> (Int, HTTPHeaders) {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = state.withLock { state -> Result<(Int, HTTPHeaders), any Error>? in
                    if state.headDelivered { return .success((state.status, state.headers)) }
                    if case .failure(let error) = state.end { return .failure(error) }
                    state.head = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The next bytes of the answer, nil at its end.
    func nextPiece() async throws -> [UInt8]? {
        enum Step { case value([UInt8]?, resume: Bool), failure(HTTPError), wait }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let step = state.withLock { state -> Step in
                    if state.nextPiece < state.pieces.count {
                        let piece = state.pieces[state.nextPiece]
                        state.nextPiece += 1
                        state.buffered -= piece.count
                        if state.nextPiece == state.pieces.count {
                            state.pieces.removeAll(keepingCapacity: true)
                            state.nextPiece = 0
                        }
                        let resume = state.isDownloadPaused && state.buffered < Self.highWater / 2
                        if resume { state.isDownloadPaused = false }
                        return .value(piece, resume: resume)
                    }
                    switch state.end {
                    case .success: return .value(nil, resume: false)
                    case .failure(let error): return .failure(error)
                    case nil:
                        state.reader = continuation
                        return .wait
                    }
                }
                switch step {
                case .value(let piece, let resume):
                    if resume { thread.resume(self) }
                    continuation.resume(returning: piece)
                case .failure(let error): continuation.resume(throwing: error)
                case .wait:
                    // Paused with an empty buffer: the bytes that were refused are still libcurl's.
                    let resume = state.withLock { state in
                        defer { state.isDownloadPaused = false }
                        return state.isDownloadPaused
                    }
                    if resume { thread.resume(self) }
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Gives the request's body piece by piece, each when the one before has left.
    func feed(_ next: @Sendable () async throws -> [UInt8]?) async throws {
        do {
            while let piece = try await next() {
                if piece.isEmpty { continue }
                try await offer(piece)
            }
        } catch {
            let failure = error as? HTTPError ?? HTTPError(code: .body, message: "\(error)", url: request.url)
            state.withLock { $0.feedFailure = $0.feedFailure ?? failure }
            thread.resume(self)
            throw error
        }
        state.withLock { $0.isUploadComplete = true }
        thread.resume(self)
    }

    private func offer(_ piece: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let (failure, resume) = state.withLock { state -> (HTTPError?, Bool) in
                    if case .failure(let error) = state.end { return (error, false) }
                    if state.end != nil {
                        return (HTTPError(code: .reset, message: "the server answered early", url: request.url), false)
                    }
                    state.outgoing = piece
                    state.outgoingOffset = 0
                    state.feeder = continuation
                    defer { state.isUploadPaused = false }
                    return (nil, state.isUploadPaused)
                }
                if let failure { continuation.resume(throwing: failure) }
                if resume { thread.resume(self) }
            }
        } onCancel: {
            cancel()
        }
    }

    func cancel() { thread.cancel(self) }
}
