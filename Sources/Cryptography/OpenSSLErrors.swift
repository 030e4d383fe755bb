import COpenSSL

/// OpenSSL keeps its errors in a queue of the calling thread. What an earlier call left there must not be blamed on
/// this one, and what this one leaves must not be blamed on the next: every checked call clears it on both sides.
enum OpenSSL {
    /// Runs calls that report failure with nil.
    static func check<T>(
        _ operation: String, code: CryptographyError.Code = .library, _ message: String = "OpenSSL refused",
        _ body: () -> T?
    ) throws(CryptographyError) -> T {
        ERR_clear_error()
        guard let value = body() else {
            throw CryptographyError(code: code, operation: operation, message: message, reasons: drainErrors())
        }
        ERR_clear_error()
        return value
    }

    /// Runs a call that reports success with a number above 0.
    static func check(
        _ operation: String, code: CryptographyError.Code = .library, _ message: String = "OpenSSL refused",
        succeeds body: () -> Int32
    ) throws(CryptographyError) {
        _ = try check(operation, code: code, message) { body() > 0 ? true : nil }
    }

    /// Empties the queue, oldest error first.
    static func drainErrors() -> [String] {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { return reasons }
            let library = ERR_lib_error_string(code).map { String(cString: $0) }
            let reason = ERR_reason_error_string(code).map { String(cString: $0) }
            reasons.append([library, reason ?? "error \(code)"].compactMap(\.self).joined(separator: ": "))
        }
    }
}
