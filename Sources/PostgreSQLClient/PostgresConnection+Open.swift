import CPostgres
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PostgresConnection {
    func open(_ configuration: PostgresConfiguration) async throws {
        try Task.checkCancellation()
        // Needed only until the TLS handshake is over.
        let certificates = try configuration.rootCertificates.map(PrivateFile.init(text:))
        defer { certificates?.remove() }
        canceller.arm()
        let outcome = await withTaskCancellationHandler {
            Swift.Result { try self.connectAndPoll(configuration, rootCertificateFile: certificates?.path) }
        } onCancel: {
            canceller.request()
        }
        try Task.checkCancellation()
        let handle = try outcome.get()
        canceller.replace(with: CancelHandle(of: handle.pointer))
        self.handle = handle
    }

    private func connectAndPoll(
        _ configuration: PostgresConfiguration, rootCertificateFile: String?
    ) throws -> Handle {
        dispatchPrecondition(condition: .onQueue(executor.queue))
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let parameters = configuration.libpqParameters(rootCertificateFile: rootCertificateFile)
        let pointer = withCStrings(parameters.map(\.0)) { keys in
            withCStrings(parameters.map(\.1)) { values in PQconnectStartParams(keys, values, 0) }
        }
        guard let pointer else { throw PostgresError(code: .outOfMemory, message: "libpq has no memory") }
        let handle = Handle(pointer: pointer, canceller: canceller, notices: notices)
        // Makes libpq write the SQLSTATE into the text of a refusal: there is no other way to learn it.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        var state = PGRES_POLLING_WRITING
        while true {
            switch state {
            case PGRES_POLLING_OK:
                PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
                guard PQsetnonblocking(pointer, 1) == 0 else { throw handle.lost() }
                return handle
            case PGRES_POLLING_FAILED: throw refusal(pointer)
            default:
                if PQstatus(pointer) == CONNECTION_BAD { throw refusal(pointer) }
                // No statement runs that would have to end.
                do {
                    try handle.wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline, draining: .zero)
                } catch {
                    guard error.code == .timeout else { throw error }
                    throw PostgresError(
                        code: .unreachable,
                        message: "\(configuration.host):\(configuration.port) did not answer "
                            + "within \(configuration.connectTimeout)")
                }
                state = PQconnectPoll(pointer)
            }
        }
    }

    private func refusal(_ pointer: OpaquePointer) -> PostgresError {
        ConnectRefusal.error(from: String(cString: PQerrorMessage(pointer)))
    }
}

/// Reads libpq's verbose text of a failed connection.
enum ConnectRefusal {
    static func error(from text: String) -> PostgresError {
        let lines = text.split(whereSeparator: \.isNewline).filter {
            !$0.hasPrefix("LOCATION:") && !$0.hasPrefix("\tIs the server")
        }
        // "…failed: FATAL:  28P01: password authentication failed…"; of several hosts, the last one's.
        let state = lines.compactMap { line -> String? in
            line.matches(of: #/[^ :]+: +(?!FATAL|ERROR|PANIC)([0-9A-Z]{5}): /#).last.map { String($0.1) }
        }.last
        var message = lines.map { $0.trimming { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
        if let state { message = message.replacing(" \(state): ", with: " ") }
        message = message.replacing("FATAL:  ", with: "").replacing("FATAL: ", with: "")
        if let state {
            return PostgresError(
                code: PostgresError.Code(sqlState: state), sqlState: state, severity: "FATAL", message: message)
        }
        let lower = message.lowercased()
        // A server that goes away in the middle of the handshake has no quarrel with TLS.
        let isBroken = ["eof detected", "connection reset", "connection refused", "broken pipe"].contains {
            lower.contains($0)
        }
        let isTLS = !isBroken && ["ssl", "certificate", "tls"].contains { lower.contains($0) }
        let isLogin = lower.contains("no password supplied")
        return PostgresError(
            code: isLogin ? .authenticationFailed : isTLS ? .tls : .unreachable, severity: "FATAL", message: message)
    }
}

extension Substring {
    fileprivate func trimming(_ isDropped: (Character) -> Bool) -> String {
        var text = drop(while: isDropped)
        while let last = text.last, isDropped(last) { text.removeLast() }
        return String(text)
    }
}

extension PostgresConfiguration {
    func libpqParameters(rootCertificateFile: String?) -> [(String, String)] {
        var parameters = [
            ("host", host), ("port", String(port)), ("dbname", database), ("user", user),
            ("sslmode", sslMode.rawValue), ("application_name", applicationName), ("client_encoding", "UTF8"),
            // A peer that vanished is noticed in about a minute instead of two hours.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"),
        ]
        if let encoding = settings["client_encoding"] { parameters[6].1 = encoding }
        if let password { parameters.append(("password", password)) }
        if let rootCertificateFile { parameters.append(("sslrootcert", rootCertificateFile)) }
        let options = startupOptions
        if !options.isEmpty { parameters.append(("options", options)) }
        return parameters
    }
}

/// A NULL-terminated array of C strings for the time of the call.
func withCStrings<T>(_ strings: [String?], _ body: ([UnsafePointer<CChar>?]) throws -> T) rethrows -> T {
    var copies: [UnsafeMutablePointer<CChar>?] = strings.map { $0.flatMap { strdup($0) } }
    copies.append(nil)
    defer { for copy in copies { free(copy) } }
    return try body(copies.map { UnsafePointer($0) })
}
