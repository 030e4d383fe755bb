import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A port of 127.0.0.1 on which nobody listens, for a server that is told its port.
///
/// It lies below those that the kernel gives to connections (`ip_local_port_range`, 32768 to 60999 unless set), so that only
/// another server can take it between asking and using. Who starts the server tries again with another one then.
/// - Throws: ``ProcessError`` when no socket can be made.
public func freeLoopbackPort() throws -> Int {
    for _ in 0..<64 {
        if let port = try bindLoopback(Int.random(in: 15_000..<32_000)) { return port }
    }
    // The range is crowded: the kernel knows one.
    if let port = try bindLoopback(0) { return port }
    throw ProcessError(code: .notStarted, program: "socket", message: "no port of 127.0.0.1 is free")
}

/// - Parameter port: 0 lets the kernel choose.
/// - Returns: The port; nil when it is taken.
private func bindLoopback(_ port: Int) throws -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else {
        throw ProcessError(code: .notStarted, program: "socket", message: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    return bound ? Int(UInt16(bigEndian: address.sin_port)) : nil
}
