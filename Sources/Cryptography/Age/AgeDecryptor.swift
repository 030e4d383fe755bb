/// Decrypts a stream of the age v1 format. Belongs to one task at a time.
///
/// Gives out plain bytes only after their chunk authenticated, in its place: bytes that come out are what was
/// encrypted. That the stream is *whole* is known only when ``finish()`` returns; who needs that must not act on the
/// bytes before. Holds back at most one chunk (64 KiB) and, at the beginning, a header of at most 1 MiB. After an error
/// the object is unusable and every further call throws that error again.
public final class AgeDecryptor {
    private enum State {
        /// Follows: `nonce`, `ended`.
        case header(AgeHeaderReader)
        /// Of the payload; the bytes come in ``pending``. Follows: `payload`, `ended`.
        case nonce(fileKey: [UInt8])
        /// Follows: `ended`.
        case payload(ChunkLanes)
        case ended(AgeError)
    }

    private let identities: [AgeIdentity]
    private let threads: Int
    private var state = State.header(AgeHeaderReader())
    /// The chunk being filled. A full one waits: only what follows tells whether it is the last.
    private var pending: [UInt8] = []
    private var counter: UInt64 = 0

    /// - Parameters:
    ///   - identities: keys to try, at least one.
    ///   - threads: how many may work at once on the chunks of one call to `open`, when it brings at least four.
    ///     More than 1 pays where nothing else needs the processors.
    /// - Throws: ``AgeError`` with `.invalidIdentity` when there is none.
    public init(identities: [AgeIdentity], threads: Int = 1) throws(AgeError) {
        guard !identities.isEmpty else { throw AgeError(.invalidIdentity, "there is no identity to decrypt with") }
        self.identities = identities
        self.threads = threads
        pending.reserveCapacity(AgeFormat.sealedChunkSize)
    }

    /// Takes the next bytes of the file; returns the plain bytes that are proven authentic.
    /// - Throws: ``AgeError`` with `.notAnAgeFile`, `.noMatchingIdentity` or `.corrupt`.
    public func open(_ bytes: [UInt8]) throws(AgeError) -> [UInt8] {
        var output: [UInt8] = []
        try open(bytes, into: &output)
        return output
    }

    /// As ``open(_:)-([UInt8])``, appending to a buffer that the caller reuses. Appends nothing when it throws.
    public func open(_ bytes: [UInt8], into output: inout [UInt8]) throws(AgeError) {
        try withBytes(of: bytes) { (buffer) throws(AgeError) in try open(buffer, into: &output) }
    }

    /// As ``open(_:)-([UInt8])``, appending to a buffer that the caller reuses. Appends nothing when it throws.
    public func open(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(AgeError) {
        let before = output.count
        do {
            try take(bytes, into: &output)
        } catch {
            output.removeLast(output.count - before)
            state = .ended(error)
            throw error
        }
    }

    /// To be called at the end of the file: only then is it known to be whole. Returns the last plain bytes.
    /// - Throws: ``AgeError`` with `.truncated` or `.corrupt`.
    public func finish() throws(AgeError) -> [UInt8] {
        var output: [UInt8] = []
        try finish(into: &output)
        return output
    }

    /// As ``finish()``, appending to a buffer that the caller reuses.
    public func finish(into output: inout [UInt8]) throws(AgeError) {
        do {
            try takeLast(into: &output)
            state = .ended(AgeError(.finished, "the decryption ended before"))
        } catch {
            state = .ended(error)
            throw error
        }
    }

    private func take(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(AgeError) {
        var rest = input
        while true {
            switch state {
            case .header(var reader):
                // Held here alone, so that it grows in place.
                state = .header(AgeHeaderReader())
                guard let (header, consumed) = try reader.read(rest) else {
                    state = .header(reader)
                    return
                }
                rest = rest.dropping(consumed)
                state = .nonce(fileKey: try header.fileKey(identities: identities))
            case .nonce(let fileKey):
                let missing = AgeFormat.payloadNonceSize - pending.count
                pending.append(contentsOf: rest.prefix(missing))
                guard pending.count == AgeFormat.payloadNonceSize else { return }
                rest = rest.dropping(missing)
                let key = AgeFormat.payloadKey(fileKey: fileKey, nonce: pending)
                pending.removeAll(keepingCapacity: true)
                do { state = .payload(try ChunkLanes(count: threads, key: key, sealing: false)) } catch {
                    throw AgeError(error)
                }
            case .payload(let lanes):
                return try takePayload(rest, lanes, into: &output)
            case .ended(let error):
                throw error
            }
        }
    }

    private func takePayload(
        _ input: UnsafeRawBufferPointer, _ lanes: ChunkLanes, into output: inout [UInt8]
    ) throws(AgeError) {
        let size = AgeFormat.sealedChunkSize
        // Every chunk after which there is more.
        let ready = max(0, (pending.count + input.count - 1) / size)
        output.reserveMore(ready * AgeFormat.plainChunkSize)
        var rest = input
        if ready > 0 {
            if !pending.isEmpty {
                let missing = size - pending.count
                pending.append(contentsOf: rest.prefix(missing))
                rest = rest.dropping(missing)
                try withBytes(of: pending) { (chunk) throws(AgeError) in
                    try openRun(chunk, count: 1, lanes, into: &output)
                }
                pending.removeAll(keepingCapacity: true)
            }
            let direct = max(0, (rest.count - 1) / size)
            try openRun(rest, count: direct, lanes, into: &output)
            rest = rest.dropping(direct * size)
        }
        pending.append(contentsOf: rest)
    }

    /// Full chunks that are followed by more.
    private func openRun(
        _ sealed: UnsafeRawBufferPointer, count: Int, _ lanes: ChunkLanes, into output: inout [UInt8]
    ) throws(AgeError) {
        struct NotAuthentic: Error { var index: Int }
        guard count > 0 else { return }
        do {
            try output.append(count: count * AgeFormat.plainChunkSize) { (target) throws(NotAuthentic) in
                try lanes.forEach(count) { (cipher, index) throws(NotAuthentic) in
                    let authentic = cipher.open(
                        sealed.part(index, of: AgeFormat.sealedChunkSize),
                        nonce: .init(counter: counter + UInt64(index)),
                        into: target + index * AgeFormat.plainChunkSize)
                    guard authentic else { throw NotAuthentic(index: index) }
                }
            }
        } catch {
            counter += UInt64(error.index)
            var ignored: [UInt8] = []
            let chunk = sealed.part(error.index, of: AgeFormat.sealedChunkSize)
            if openChunk(chunk, isLast: true, lanes.first, into: &ignored) {
                throw AgeError(.corrupt, "there are more bytes after the end of the encrypted file")
            }
            throw damage()
        }
        counter += UInt64(count)
    }

    private func takeLast(into output: inout [UInt8]) throws(AgeError) {
        switch state {
        case .header(let reader):
            throw AgeError(.truncated, reader.isEmpty ? "the file is empty" : "the file ends inside its header")
        case .nonce: throw AgeError(.truncated, "the file ends after its header")
        case .ended(let error): throw error
        case .payload(let lanes):
            guard pending.count >= ChaCha20Poly1305.tagSize else {
                throw AgeError(.truncated, "the file ends inside chunk \(counter + 1)")
            }
            guard counter == 0 || pending.count > ChaCha20Poly1305.tagSize else {
                throw AgeError(.corrupt, "the last chunk is empty, which only an empty file may have")
            }
            let chunk = pending
            var ignored: [UInt8] = []
            if chunk.withUnsafeBytes({ openChunk($0, isLast: true, lanes.first, into: &output) }) { return }
            if chunk.count == AgeFormat.sealedChunkSize,
                chunk.withUnsafeBytes({ openChunk($0, isLast: false, lanes.first, into: &ignored) })
            {
                throw AgeError(.truncated, "the file ends after chunk \(counter); more chunks are missing")
            }
            throw damage(orTruncated: true)
        }
    }

    private func damage(orTruncated: Bool = false) -> AgeError {
        AgeError(
            .corrupt,
            "chunk \(counter + 1) (from plain byte \(counter * UInt64(AgeFormat.plainChunkSize))) does not "
                + "authenticate: the file was changed\(orTruncated ? " or cut short" : "")")
    }

    private func openChunk(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ cipher: ChaCha20Poly1305, into output: inout [UInt8]
    ) -> Bool {
        let nonce = ChaCha20Poly1305.Nonce(counter: counter, isLast: isLast)
        struct NotAuthentic: Error {}
        do {
            try output.append(count: chunk.count - ChaCha20Poly1305.tagSize) { (target) throws(NotAuthentic) in
                guard cipher.open(chunk, nonce: nonce, into: target) else { throw NotAuthentic() }
            }
        } catch { return false }
        counter += 1
        return true
    }
}

extension UnsafeRawBufferPointer {
    func dropping(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: dropFirst(count)) }

    /// The part number `index` of those of `size` bytes that follow each other.
    func part(_ index: Int, of size: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[(index * size)..<((index + 1) * size)])
    }
}
