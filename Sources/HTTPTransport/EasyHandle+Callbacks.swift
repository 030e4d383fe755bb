import CCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// libcurl calls these on the curl thread, inside `curl_multi_perform` and `curl_easy_pause`.
extension EasyHandle {
    /// The transfer outlives the handle: the handle holds it, and is freed before it is let go.
    func setCallbacks() {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        dr_set_pointer(pointer, CURLOPT_HEADERDATA, context)
        dr_set_data_callback(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            var end = line.count
            while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
            transferOf(context).receive(headerLine: String(decoding: line.prefix(end), as: UTF8.self))
            return size * count
        }
        dr_set_pointer(pointer, CURLOPT_WRITEDATA, context)
        dr_set_data_callback(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let taken = transferOf(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return taken ? size * count : Int(dr_write_pause)
        }
        dr_set_pointer(pointer, CURLOPT_READDATA, context)
        dr_set_data_callback(pointer, CURLOPT_READFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return Int(dr_read_abort) }
            switch transferOf(context).send(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) {
            case .count(let count): return count
            case .pause: return Int(dr_read_pause)
            case .abort: return Int(dr_read_abort)
            }
        }
        dr_set_pointer(pointer, CURLOPT_SEEKDATA, context)
        dr_set_seek_callback(pointer, CURLOPT_SEEKFUNCTION) { context, offset, _ in
            guard let context, offset == 0, transferOf(context).rewind() else { return Int32(CURL_SEEKFUNC_CANTSEEK) }
            return Int32(CURL_SEEKFUNC_OK)
        }
        // libcurl leaves its sockets open across exec: a child process would inherit them, and hold them open. The flag
        // is given at birth, for another thread may start a child at any moment.
        dr_set_open_callback(pointer, CURLOPT_OPENSOCKETFUNCTION) { context, _, address in
            guard let address else { return -1 }
            let wanted = address.pointee
            let made = socket(wanted.family, wanted.socktype | Int32(SOCK_CLOEXEC.rawValue), wanted.protocol)
            var limit = Int32(truncatingIfNeeded: Int(bitPattern: context))
            // A network that drops everything in silence would be waited for a quarter of an hour (tcp_retries2).
            if made >= 0, limit > 0 {
                setsockopt(made, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, socklen_t(MemoryLayout<Int32>.size))
            }
            return made
        }
    }

    func outcome(_ code: CURLcode) -> Result<Void, HTTPError> {
        guard code != CURLE_OK else { return .success(()) }
        let text = complaintText.isEmpty ? String(cString: curl_easy_strerror(code)) : complaintText
        if code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM { transfer.noteConnectionGone() }
        let hasIdleLimit = transfer.request.idleTimeout != nil
        let kind: HTTPError.Code =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
            case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connect
            case _ where long(CURLINFO_HTTP_CONNECTCODE) >= 300: .connect  // the proxy refused
            // A server that goes away during the handshake, as one does that restarts, says nothing about trust.
            case CURLE_SSL_CONNECT_ERROR where Self.lostConnection.contains { text.contains($0) }: .connect
            // In TLS 1.3 the server looks at the client's certificate after the client's handshake is over.
            case CURLE_RECV_ERROR where text.contains(" alert ") && text.contains("SSL routines"): .tls
            case CURLE_OPERATION_TIMEDOUT: hasIdleLimit && text.contains("too slow") ? .idle : .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
                .tls
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
                CURLE_HTTP2_STREAM,
                CURLE_SEND_FAIL_REWIND:
                .reset
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
                .malformed
            case CURLE_ABORTED_BY_CALLBACK, CURLE_READ_ERROR: .body
            default: .other
            }
        return .failure(
            HTTPError(
                code: kind, message: HTTPError.withoutSecrets(text), url: transfer.request.url,
                requestMayHaveBeenSent: kind != .connect && long(CURLINFO_REQUEST_SIZE) > 0))
    }
}

extension EasyHandle {
    private static let lostConnection = ["SYSCALL", "reset by peer", "unexpected eof", "Broken pipe"]

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        dr_get_long(pointer, info, &value)
        return value
    }
}

private func transferOf(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}
