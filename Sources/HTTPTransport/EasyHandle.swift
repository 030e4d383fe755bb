import CCurl
import Foundation

/// A curl easy handle for one transfer. Only for the curl thread; freed there with ``free()``.
final class EasyHandle {
    let transfer: Transfer
    let pointer: UnsafeMutableRawPointer
    /// Other transfers may use the same connection at the same time: HTTP/2.
    let sharesConnection: Bool
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let complaint: UnsafeMutablePointer<CChar>

    init(_ transfer: Transfer, _ configuration: HTTPClientConfiguration) throws(HTTPError) {
        guard let pointer = curl_easy_init() else {
            throw HTTPError(
                code: .other, message: "libcurl has no memory", url: transfer.request.url, requestMayHaveBeenSent: false
            )
        }
        self.transfer = transfer
        self.pointer = pointer
        sharesConnection = configuration.version == .http2
        complaint = .allocate(capacity: Int(dr_error_size))
        complaint.initialize(repeating: 0, count: Int(dr_error_size))
        configure(configuration)
    }

    func free() {
        curl_easy_cleanup(pointer)
        for list in lists { curl_slist_free_all(list) }
        complaint.deallocate()
    }

    func resume() { curl_easy_pause(pointer, CURLPAUSE_CONT) }

    private func configure(_ configuration: HTTPClientConfiguration) {
        let request = transfer.request
        let http2 = configuration.version == .http2
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_NOPROGRESS, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_VERSION, http2 ? dr_http_2_tls : dr_http_1_1)
        set(CURLOPT_PIPEWAIT, http2 ? 1 : 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
        if let timeout = request.timeout { set(CURLOPT_TIMEOUT_MS, max(1, timeout.milliseconds)) }
        if let idle = request.idleTimeout {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, max(1, Int(idle.components.seconds)))
        }
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        // Not a pointer: how many milliseconds the open callback gives to the socket.
        dr_set_pointer(
            pointer, CURLOPT_OPENSOCKETDATA,
            UnsafeMutableRawPointer(
                bitPattern: configuration.unacknowledgedTimeout.map { max(1, $0.milliseconds) } ?? 0))
        dr_set_pointer(pointer, CURLOPT_ERRORBUFFER, complaint)
        setTarget(configuration)
        setTrust(configuration.tls)
        setBody(request)
        setCallbacks()
    }

    private func setTarget(_ configuration: HTTPClientConfiguration) {
        let request = transfer.request
        var url = request.url
        var headers = request.headers
        let parts = URLComponents(string: url)
        let host = parts?.host ?? ""
        let scheme = parts?.scheme?.lowercased() ?? "https"
        if scheme == "https", let name = configuration.tls.serverName, name != host, var renamed = parts {
            // The certificate is checked against the URL's host: so that is the server's name, connected to elsewhere.
            let port = renamed.port ?? 443
            if headers["Host"] == nil { headers["Host"] = renamed.port == nil ? host : "\(host):\(port)" }
            renamed.host = name
            url = renamed.string ?? url
            let target = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
            setList(CURLOPT_CONNECT_TO, ["\(name):\(port):\(target):\(port)"])
        }
        dr_set_text(pointer, CURLOPT_URL, url)
        // Names of objects may hold "..": libcurl would fold them, and ask for another one.
        set(CURLOPT_PATH_AS_IS, 1)
        dr_set_text(pointer, CURLOPT_PROTOCOLS_STR, "http,https")
        // Always set, so that libcurl does not read the environment by itself.
        dr_set_text(pointer, CURLOPT_PROXY, configuration.proxy.proxy(scheme: scheme, host: host) ?? "")
        dr_set_text(pointer, CURLOPT_NOPROXY, "")
        // A name with nothing after the colon removes a header, with a semicolon sends it empty. libcurl's own Expect
        // would add a round trip to every upload.
        setList(
            CURLOPT_HTTPHEADER,
            headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" } + ["Expect:"])
    }

    private func setTrust(_ tls: HTTPTLS) {
        if let authorities = tls.certificateAuthorities {
            blob(CURLOPT_CAINFO_BLOB, authorities)
            // The distribution's folder of roots would be trusted beside it.
            dr_set_text(pointer, CURLOPT_CAPATH, nil)
        }
        if let certificate = tls.clientCertificate, let key = tls.clientKey {
            dr_set_text(pointer, CURLOPT_SSLCERTTYPE, "PEM")
            dr_set_text(pointer, CURLOPT_SSLKEYTYPE, "PEM")
            blob(CURLOPT_SSLCERT_BLOB, certificate)
            blob(CURLOPT_SSLKEY_BLOB, key)
        }
        set(CURLOPT_SSL_VERIFYPEER, tls.skipsVerification ? 0 : 1)
        set(CURLOPT_SSL_VERIFYHOST, tls.skipsVerification ? 0 : 2)
    }

    private func setBody(_ request: HTTPRequest) {
        switch request.body {
        case .none:
            if request.method == "HEAD" {
                set(CURLOPT_NOBODY, 1)
            } else if ["POST", "PUT", "PATCH"].contains(request.method) {
                set(CURLOPT_UPLOAD, 1)
                dr_set_offset(pointer, CURLOPT_INFILESIZE_LARGE, 0)
            } else {
                set(CURLOPT_HTTPGET, 1)
            }
        case .bytes(let bytes):
            set(CURLOPT_UPLOAD, 1)
            dr_set_offset(pointer, CURLOPT_INFILESIZE_LARGE, numericCast(bytes.count))
        case .stream(_, let length):
            set(CURLOPT_UPLOAD, 1)
            if let length { dr_set_offset(pointer, CURLOPT_INFILESIZE_LARGE, numericCast(length)) }
        }
        dr_set_text(pointer, CURLOPT_CUSTOMREQUEST, request.method)
    }

    func set(_ option: CURLoption, _ value: Int) { dr_set_long(pointer, option, value) }

    private func blob(_ option: CURLoption, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { dr_set_blob(pointer, option, $0.baseAddress, $0.count) }
    }

    private func setList(_ option: CURLoption, _ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) }
        guard let list else { return }
        lists.append(list)
        dr_set_list(pointer, option, list)
    }

    var complaintText: String { String(cString: complaint) }
}

extension Duration {
    var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
