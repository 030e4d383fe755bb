import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folder that holds the state, locked for as long as this value lives.
///
/// The folder has mode 0700 and the files 0600: they hold the authority's key and the token.
final class StateDirectory: Sendable {
    let url: URL
    /// The descriptor whose `flock` keeps a second process out; -1 once released.
    private let lock: Mutex<Int32>

    var database: URL { url.appending(path: "state.sqlite") }
    var authorityCertificate: URL { url.appending(path: "ca.crt") }
    var authorityKey: URL { url.appending(path: "ca.key") }
    var serverCertificate: URL { url.appending(path: "server.crt") }
    var serverKey: URL { url.appending(path: "server.key") }
    var token: URL { url.appending(path: "token") }
    var port: URL { url.appending(path: "port") }
    var kubeconfig: URL { url.appending(path: "kubeconfig") }

    /// Opens the folder, creating it when it is missing, and locks it.
    init(_ url: URL) throws(ControlPlaneError) {
        self.url = url
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ControlPlaneError(
                code: .state, location: url.path,
                message: "cannot create the state folder: \(error.localizedDescription)")
        }
        guard chmod(url.path, 0o700) == 0 else {
            throw Self.failure(url, "cannot make the state folder private (mode 0700)")
        }
        let path = url.appending(path: "lock").path
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(url, "cannot open its lock file") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(descriptor)
            guard error == EWOULDBLOCK else { throw Self.failure(url, "cannot lock it", error: error) }
            throw ControlPlaneError(
                code: .stateInUse, location: url.path,
                message: "another process uses this state folder; stop it, or give this one a folder of its own")
        }
        lock = Mutex(descriptor)
    }

    deinit { release() }

    /// Lets another process in.
    func release() {
        let descriptor = lock.withLock { descriptor in
            defer { descriptor = -1 }
            return descriptor
        }
        if descriptor >= 0 { close(descriptor) }
    }

    /// The text of a file, nil when there is none.
    func read(_ file: URL) throws(ControlPlaneError) -> String? {
        if !FileManager.default.fileExists(atPath: file.path) { return nil }
        do {
            return String(decoding: try Data(contentsOf: file), as: UTF8.self)
        } catch {
            throw ControlPlaneError(
                code: .state, location: file.path, message: "cannot be read: \(error.localizedDescription)")
        }
    }

    /// Replaces a file in one step, with mode 0600 from its first byte on, and returns when it is on the disk.
    func write(_ text: String, to file: URL) throws(ControlPlaneError) {
        let temporary = file.appendingPathExtension("new")
        unlink(temporary.path)
        let descriptor = open(temporary.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(temporary, "cannot be created") }
        var isWritten = true
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, isWritten {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { isWritten = false } else { rest = rest.dropFirst(count) }
        }
        isWritten = isWritten && fsync(descriptor) == 0
        let error = errno
        close(descriptor)
        guard isWritten else { throw Self.failure(temporary, "cannot be written", error: error) }
        guard rename(temporary.path, file.path) == 0 else { throw Self.failure(file, "cannot be replaced") }
        let folder = open(url.path, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Creates an empty file with mode 0600 when there is none.
    func createPrivate(_ file: URL) throws(ControlPlaneError) {
        let descriptor = open(file.path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else { throw Self.failure(file, "cannot be created") }
        close(descriptor)
    }

    private static func failure(_ url: URL, _ message: String, error: Int32 = errno) -> ControlPlaneError {
        ControlPlaneError(
            code: .state, location: url.path, message: "\(message): \(String(cString: strerror(error)))")
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
