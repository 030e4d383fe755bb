import CLinux

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Both ends close on exec: a child gets only what it is given.
func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else {
        throw ProcessError(code: .pipe, program: "pipe", message: String(cString: strerror(errno)))
    }
    return (ends[0], ends[1])
}

func closeBoth(_ ends: (read: Int32, write: Int32)) {
    close(ends.read)
    close(ends.write)
}
