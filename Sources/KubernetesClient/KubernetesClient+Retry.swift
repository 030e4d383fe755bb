import Foundation
import HTTPTransport
import KubernetesModel
import Synchronization

/// Whether and when a failed request is sent again, as a function.
enum RetryRule {
    /// The first try included.
    static let attempts = 4
    /// A server that asks for more is not waited for: the caller knows better what to do meanwhile.
    static let longestWait = 30

    /// - Parameters:
    ///   - attempt: 1 for the failure of the first try.
    ///   - isRepeatable: whether the request, done twice, does the same as done once.
    ///   - jitter: 0 ..< 1, so that many clients do not come back together.
    /// - Returns: how long to wait, nil to give up. Never less than the server asked for.
    static func pause(after error: KubernetesError, attempt: Int, isRepeatable: Bool, jitter: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        let own = Duration.milliseconds(200 * Int(pow(3, Double(attempt - 1)))) * (0.5 + jitter / 2)
        switch error.reason {
        case .tooManyRequests, .serviceUnavailable, .serverTimeout, .internalError:
            if let wait = error.retryAfter {
                guard wait <= longestWait else { return nil }
                return .seconds(wait) + .milliseconds(250) * jitter
            }
            // 429 says that nothing was done. The others may have begun.
            if error.reason == .tooManyRequests { return own }
            return isRepeatable && error.reason != .internalError ? own : nil
        case .unreachable:
            guard let transport = error.transport, transport.isRetriable else { return nil }
            return isRepeatable || !transport.requestMayHaveBeenSent ? own : nil
        // Nothing was done.
        default: return error.isPremature ? own : nil
        }
    }
}

extension KubernetesClient {
    /// Sends within the client's rate, and sends again what ``RetryRule`` lets.
    func call(
        _ method: String, _ path: String, body: [UInt8]? = nil, contentType: String = "application/json",
        accept: String = "application/json", isRepeatable: Bool, describing request: String
    ) async throws -> Data {
        for attempt in 1... {
            try await waitForTurn()
            do {
                let response = try await send(
                    method, path, body: body, contentType: contentType, accept: accept, describing: request)
                return try await bytes(response, request)
            } catch let error as KubernetesError {
                guard
                    let pause = RetryRule.pause(
                        after: error, attempt: attempt, isRepeatable: isRepeatable, jitter: .random(in: 0..<1))
                else { throw error }
                try await Task.sleep(for: pause)
            }
        }
        throw CancellationError()
    }

    /// One attempt outside of the rate limit, on a connection of its own: what must not wait behind other traffic.
    func callAtOnce(
        _ method: String, _ path: String, body: [UInt8]? = nil, timeout: Duration, describing request: String
    ) async throws -> Data {
        let response = try await send(method, path, body: body, timeout: timeout, on: watches, describing: request)
        return try await bytes(response, request)
    }

    private func waitForTurn() async throws {
        guard RequestPace.current == .steady else { return }
        let wait = rate.withLock { $0.take(at: .now) }
        guard wait > .zero else { return }
        do {
            try await Task.sleep(for: wait)
        } catch {
            rate.withLock { $0.giveBack() }
            throw error
        }
    }

    func decode<T: Decodable>(_ type: T.Type, _ data: Data, _ request: String) throws -> T {
        do {
            return try JSONDecoder.kubernetes.decode(T.self, from: data)
        } catch {
            throw KubernetesError(
                reason: .malformed, status: APIStatus(message: "the answer is not a \(T.self): \(error)"), code: 200,
                request: request)
        }
    }
}
