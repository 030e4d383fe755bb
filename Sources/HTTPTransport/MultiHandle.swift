import CCurl
import Foundation
import Synchronization

/// A curl multi handle. All but ``wake()`` is for its own thread.
///
/// `@unchecked Sendable`: the pointer never changes, libcurl allows `curl_multi_wakeup` from any thread, and
/// ``CurlThread`` calls everything else from one.
final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer?
    private let owner = Mutex<pthread_t?>(nil)

    init(maxConnectionsPerHost: Int) {
        pointer = curl_multi_init()
        precondition(pointer != nil, "libcurl has no memory for a multi handle")
        _ = dr_multi_set_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, maxConnectionsPerHost)
        _ = dr_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, 32)
    }

    func confineToThisThread() { owner.withLock { $0 = pthread_self() } }

    private func assertConfined() {
        assert(owner.withLock { $0 == pthread_self() }, "a curl multi handle was used off its thread")
    }

    func wake() { curl_multi_wakeup(pointer) }

    func add(_ handle: EasyHandle) {
        assertConfined()
        curl_multi_add_handle(pointer, handle.pointer)
    }

    func remove(_ handle: EasyHandle) {
        assertConfined()
        curl_multi_remove_handle(pointer, handle.pointer)
    }

    func perform() {
        assertConfined()
        var count: Int32 = 0
        curl_multi_perform(pointer, &count)
    }

    func poll(milliseconds: Int32) { curl_multi_poll(pointer, nil, 0, milliseconds, nil) }

    func nextFinished() -> (UnsafeMutableRawPointer, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(pointer, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                return (easy, dr_message_result(message))
            }
        }
        return nil
    }

    func free() {
        assertConfined()
        curl_multi_cleanup(pointer)
    }
}
