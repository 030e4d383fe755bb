import Synchronization

/// When the API server was last away.
///
/// One that has just started answers before it has read the roles and service accounts: for some seconds it refuses what it
/// allows a moment later. Such a refusal, soon after an absence, is no verdict.
struct ServerAbsence<Time: InstantProtocol & Sendable>: Sendable where Time.Duration == Duration {
    /// A large cluster's rules take some time to be read.
    static var doubt: Duration { .seconds(60) }

    private var last: Time?

    /// Takes note of how a request failed.
    mutating func failed(_ error: KubernetesError, at now: Time) {
        // A watch on which nothing came is no sign of anything.
        guard [.unreachable, .serviceUnavailable].contains(error.reason), !error.isSilence else { return }
        last = now
    }

    func excuses(_ reason: KubernetesError.Reason, at now: Time) -> Bool {
        guard [.forbidden, .unauthorized].contains(reason), let last else { return false }
        return last.duration(to: now) < Self.doubt
    }
}

extension KubernetesClient {
    /// An error as the callers get it: what it says of the server is kept, and what is known of the server is added to it.
    func judged(_ error: KubernetesError) -> KubernetesError {
        var error = error
        error.isPremature = absence.withLock { absence in
            absence.failed(error, at: .now)
            return absence.excuses(error.reason, at: .now)
        }
        return error
    }
}
