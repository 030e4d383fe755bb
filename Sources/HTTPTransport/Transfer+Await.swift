import Synchronization

/// The side of the task.
extension Transfer {
    /// Until the headers of the final answer are in.
    func awaitHead() async throws -> HTTPResponse.Head {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = state.withLock { state -> Result<HTTPResponse.Head, any Error>? in
                    if state.headDelivered { return .success(state.head) }
                    switch state.end {
                    case .failure(let error): return .failure(error)
                    case .success: return .failure(noAnswer)
                    case nil:
                        state.headWaiter = continuation
                        return nil
                    }
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
                    if let piece = state.takePiece() {
                        let resume = state.isDownloadPaused && state.buffered < Self.highWater / 2
                        if resume { state.isDownloadPaused = false }
                        return .value(piece, resume: resume)
                    }
                    switch state.end {
                    case .success: return .value(nil, resume: false)
                    case .failure(let error): return .failure(error)
                    case nil:
                        guard state.reader == nil else {
                            return .failure(
                                HTTPError(code: .other, message: "the body has another reader", url: request.url))
                        }
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

    /// Gives the request's body piece by piece, each when the one before has left. What goes wrong with it is the
    /// transfer's failure, unless the server did not want the body.
    func feed(_ next: @Sendable () async throws -> [UInt8]?, length: Int64?) async throws {
        var given: Int64 = 0
        do {
            while let piece = try await next() {
                if piece.isEmpty { continue }
                given += Int64(piece.count)
                // More than announced would be read as the next request.
                if let length, given > length { throw wrongLength("is longer than", length) }
                try await offer(piece)
            }
            if let length, given < length { throw wrongLength("ended before", length) }
        } catch {
            let failure = error as? HTTPError ?? HTTPError(code: .body, message: "\(error)", url: request.url)
            let isRefused = state.withLock { state in
                if failure == bodyRefused { state.isUploadRefused = true }
                if !state.isUploadRefused { state.feedFailure = state.feedFailure ?? failure }
                return state.isUploadRefused
            }
            if isRefused { return }
            // Not left to the read callback: that is not asked while the connection takes no bytes.
            cancel()
            throw failure
        }
        state.withLock { $0.isUploadComplete = true }
        thread.resume(self)
    }

    private func wrongLength(_ what: String, _ length: Int64) -> HTTPError {
        HTTPError(code: .body, message: "the request's body \(what) its length of \(length) bytes", url: request.url)
    }

    private func offer(_ piece: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let (failure, resume) = state.withLock { state -> (HTTPError?, Bool) in
                    if case .failure(let error) = state.end { return (error, false) }
                    if state.end != nil || state.isUploadRefused { return (bodyRefused, false) }
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
            // Cancelled by the caller, or only because the refusal has made the feed needless.
            if !state.withLock({ $0.isUploadRefused }) { cancel() }
        }
    }

    func cancel() { thread.cancel(self) }
}
