/// Encrypts a stream into the age v1 format. Belongs to one task at a time.
///
/// Holds back at most one chunk (64 KiB), so its memory does not depend on the stream's length. After an error, and
/// after `finish`, every further call throws `.finished`.
public final class AgeEncryptor {
    private let lanes: ChunkLanes
    /// Header and payload nonce, until they were given out.
    private var header: [UInt8]
    /// The chunk being filled. A full one waits: only what follows tells whether it is the last.
    private var pending: [UInt8] = []
    private var counter: UInt64 = 0
    private var isFinished = false

    /// - Parameters:
    ///   - recipients: everyone who shall be able to decrypt, at least one.
    ///   - threads: how many may work at once on the chunks of one call to `seal`, when it brings at least four. The
    ///     file is the same. More than 1 pays where nothing else needs the processors.
    /// - Throws: ``AgeError`` with `.invalidRecipient` when there is none, or one is a key that fits everybody.
    public init(recipients: [AgeRecipient], threads: Int = 1) throws(AgeError) {
        guard !recipients.isEmpty else {
            throw AgeError(.invalidRecipient, "there is no recipient: nobody could decrypt the file")
        }
        do {
            let fileKey = try SecureRandom.bytes(AgeFormat.fileKeySize)
            let nonce = try SecureRandom.bytes(AgeFormat.payloadNonceSize)
            header = try AgeHeader.make(fileKey: fileKey, recipients: recipients) + nonce
            lanes = try ChunkLanes(
                count: threads, key: AgeFormat.payloadKey(fileKey: fileKey, nonce: nonce), sealing: true)
        } catch {
            guard error.code == .invalidInput else { throw AgeError(error) }
            throw AgeError(.invalidRecipient, "a recipient is not a usable X25519 key (a point of low order)")
        }
        if header.count - AgeFormat.payloadNonceSize > AgeFormat.headerLimit {
            throw AgeError(.invalidRecipient, "\(recipients.count) recipients are too many for one file")
        }
        pending.reserveCapacity(AgeFormat.plainChunkSize)
    }

    /// Takes the next plain bytes; returns what is ready. The first output holds the header.
    public func seal(_ plain: [UInt8]) throws(AgeError) -> [UInt8] {
        var output: [UInt8] = []
        try withBytes(of: plain) { (buffer) throws(AgeError) in try seal(buffer, into: &output) }
        return output
    }

    /// As ``seal(_:)-([UInt8])``, appending to a buffer that the caller reuses.
    public func seal(_ plain: [UInt8], into output: inout [UInt8]) throws(AgeError) {
        try withBytes(of: plain) { (buffer) throws(AgeError) in try seal(buffer, into: &output) }
    }

    /// As ``seal(_:)-([UInt8])``, appending to a buffer that the caller reuses.
    public func seal(_ plain: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(AgeError) {
        try begin()
        let size = AgeFormat.plainChunkSize
        let total = pending.count + plain.count
        // Every chunk but a possible last one.
        let ready = max(0, (total - 1) / size)
        output.reserveMore(header.count + ready * AgeFormat.sealedChunkSize)
        takeHeader(into: &output)

        var rest = plain
        if ready > 0 {
            if !pending.isEmpty {
                let missing = size - pending.count
                pending.append(contentsOf: rest.prefix(missing))
                rest = rest.dropping(missing)
                try sealPending(isLast: false, into: &output)
            }
            let direct = max(0, (rest.count - 1) / size)
            try sealRun(rest, count: direct, into: &output)
            rest = rest.dropping(direct * size)
        }
        pending.append(contentsOf: rest)
        isFinished = false
    }

    /// The last bytes. Without them the file is truncated.
    public func finish() throws(AgeError) -> [UInt8] {
        var output: [UInt8] = []
        try finish(into: &output)
        return output
    }

    /// As ``finish()``, appending to a buffer that the caller reuses.
    public func finish(into output: inout [UInt8]) throws(AgeError) {
        try begin()
        takeHeader(into: &output)
        try sealPending(isLast: true, into: &output)
    }

    /// Set again at the end of a call that succeeds: an error in between leaves the object unusable.
    private func begin() throws(AgeError) {
        guard !isFinished else { throw AgeError(.finished, "the encryption ended before") }
        isFinished = true
    }

    private func takeHeader(into output: inout [UInt8]) {
        if header.isEmpty { return }
        output += header
        header = []
    }

    private func sealPending(isLast: Bool, into output: inout [UInt8]) throws(AgeError) {
        let nonce = ChaCha20Poly1305.Nonce(counter: counter, isLast: isLast)
        counter += 1
        do {
            let size = pending.count + ChaCha20Poly1305.tagSize
            try output.append(count: size) { (target) throws(CryptographyError) in
                try withBytes(of: pending) { (plain) throws(CryptographyError) in
                    try lanes.first.seal(plain, nonce: nonce, into: target)
                }
            }
        } catch { throw AgeError(error) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Full chunks that are not the last, straight from the caller's memory.
    private func sealRun(
        _ plain: UnsafeRawBufferPointer, count: Int, into output: inout [UInt8]
    ) throws(AgeError) {
        guard count > 0 else { return }
        let first = counter
        counter += UInt64(count)
        do {
            try output.append(count: count * AgeFormat.sealedChunkSize) { (target) throws(CryptographyError) in
                try lanes.forEach(count) { (cipher, index) throws(CryptographyError) in
                    try cipher.seal(
                        plain.part(index, of: AgeFormat.plainChunkSize), nonce: .init(counter: first + UInt64(index)),
                        into: target + index * AgeFormat.sealedChunkSize)
                }
            }
        } catch { throw AgeError(error) }
    }
}

extension [UInt8] {
    /// Makes room for `count` more bytes without giving up geometric growth: a caller may append many times.
    mutating func reserveMore(_ count: Int) {
        if capacity - self.count < count { reserveCapacity(Swift.max(self.count + count, capacity * 2)) }
    }
}
