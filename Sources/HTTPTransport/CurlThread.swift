import CCurl
import Foundation
import Synchronization

/// The one thread that owns a curl multi handle. Others leave commands and wake it.
final class CurlThread: Sendable {
    enum Order: Sendable {
        case add(Transfer, HTTPClientConfiguration)
        case resume(Transfer)
        case cancel(Transfer)
    }

    private struct Inbox {
        var orders: [Order] = []
        var isShuttingDown = false
        /// It ends when what is under way has ended.
        var isRetired = false
        var isSuspect = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let inbox = Mutex(Inbox())
    /// Of the multi handle only `curl_multi_wakeup` may be called from other threads, and only that is.
    private let multi: MultiHandle
    private let activity = Mutex(ContinuousClock.now)

    private static let initialised: Bool = curl_global_init(Int(dr_global_default)) == CURLE_OK

    init(maxConnectionsPerHost: Int) {
        precondition(Self.initialised, "libcurl did not initialise")
        multi = MultiHandle(maxConnectionsPerHost: maxConnectionsPerHost)
        let thread = Thread { [self] in run() }
        thread.start()
    }

    var lastActivity: ContinuousClock.Instant { activity.withLock { $0 } }

    func add(_ transfer: Transfer, _ configuration: HTTPClientConfiguration) {
        if !leave(.add(transfer, configuration)) {
            transfer.finish(
                .failure(
                    HTTPError(
                        code: .shutDown, message: "the client is shut down", url: transfer.request.url,
                        requestMayHaveBeenSent: false)))
        }
    }

    func resume(_ transfer: Transfer) { leave(.resume(transfer)) }
    func cancel(_ transfer: Transfer) { leave(.cancel(transfer)) }

    /// A request on a shared connection got no answer in its time: the connection may be dead and nobody has been told.
    var isSuspect: Bool { inbox.withLock { $0.isSuspect } }

    /// It gets no more transfers, and ends with the last that it has.
    func retire() {
        inbox.withLock { inbox in
            guard !inbox.isShuttingDown else { return }
            inbox.isRetired = true
            multi.wake()
        }
    }

    var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    func shutdown() async {
        await withCheckedContinuation { continuation in
            let ended = inbox.withLock { inbox in
                if !inbox.hasEnded { inbox.waiters.append(continuation) }
                if !inbox.isShuttingDown { multi.wake() }
                inbox.isShuttingDown = true
                return inbox.hasEnded
            }
            if ended { continuation.resume() }
        }
    }

    @discardableResult
    private func leave(_ order: Order) -> Bool {
        // Woken under the lock, where the thread has to see isShuttingDown before it frees the handle.
        inbox.withLock { inbox in
            guard !inbox.isShuttingDown else { return false }
            inbox.orders.append(order)
            multi.wake()
            return true
        }
    }

    // MARK: On the thread

    private func run() {
        // OpenSSL writes to sockets that the peer may have closed; that must be an error and not the process's end.
        var brokenPipe = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, nil)
        dr_name_this_thread("curl")
        multi.confineToThisThread()
        var running: [UInt64: EasyHandle] = [:]
        while true {
            let (orders, isShuttingDown) = inbox.withLock { inbox in
                defer { inbox.orders.removeAll(keepingCapacity: true) }
                // Nothing can be left any more: whoever has not asked yet is told that it is shut down.
                if inbox.isRetired, running.isEmpty, inbox.orders.isEmpty { inbox.isShuttingDown = true }
                return (inbox.orders, inbox.isShuttingDown)
            }
            for order in orders { follow(order, &running) }
            if isShuttingDown { break }
            multi.perform()
            for handle in running.values { handle.transfer.flush() }
            while let (easy, result) = multi.nextFinished() {
                guard let handle = running.first(where: { $0.value.pointer == easy })?.value else { continue }
                let outcome = handle.outcome(result)
                if handle.sharesConnection, case .failure(let error) = outcome, [.timeout, .idle].contains(error.code),
                    error.requestMayHaveBeenSent
                {
                    inbox.withLock { $0.isSuspect = true }
                }
                end(handle, outcome, &running)
            }
            multi.poll(milliseconds: 1000)
            activity.withLock { $0 = .now }
        }
        for handle in running.values {
            end(
                handle,
                .failure(
                    HTTPError(code: .shutDown, message: "the client was shut down", url: handle.transfer.request.url)),
                &running)
        }
        multi.free()
        let waiters = inbox.withLock { inbox in
            inbox.hasEnded = true
            return inbox.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func follow(_ order: Order, _ running: inout [UInt64: EasyHandle]) {
        switch order {
        case .add(let transfer, let configuration):
            do throws(HTTPError) {
                let handle = try EasyHandle(transfer, configuration)
                running[transfer.id] = handle
                multi.add(handle)
            } catch {
                transfer.finish(.failure(error))
            }
        case .resume(let transfer):
            running[transfer.id]?.resume()
        case .cancel(let transfer):
            guard let handle = running[transfer.id] else { return }
            end(
                handle, .failure(HTTPError(code: .cancelled, message: "cancelled", url: transfer.request.url)), &running
            )
        }
    }

    private func end(_ handle: EasyHandle, _ result: Result<Void, HTTPError>, _ running: inout [UInt64: EasyHandle]) {
        multi.remove(handle)
        running[handle.transfer.id] = nil
        handle.free()
        handle.transfer.flush()
        handle.transfer.finish(result)
    }
}
