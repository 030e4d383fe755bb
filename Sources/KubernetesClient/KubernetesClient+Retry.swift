import Foundation
import HTTPTransport
import KubernetesModel

extension KubernetesClient {
    /// Sends, and sends again what may be: everything after a 429 or 503 that says when, and requests that change nothing
    /// a second time after a lost connection.
    func call(
        _ method: String, _ path: String, body: [UInt8]? = nil, contentType: String = "application/json",
        accept: String = "application/json", isRepeatable: Bool, describing request: String
    ) async throws -> Data {
        var delay = Duration.milliseconds(200)
        for attempt in 1... {
            do {
                let response = try await send(
                    method, path, body: body, contentType: contentType, accept: accept, describing: request)
                return try await bytes(response, request)
            } catch let error as KubernetesError {
                let pause: Duration
                switch error.reason {
                case .tooManyRequests, .serviceUnavailable, .serverTimeout:
                    guard isRepeatable || error.retryAfter != nil else { throw error }
                    pause = error.retryAfter.map { .seconds(min($0, 30)) } ?? delay
                case .unreachable where isRepeatable: pause = delay
                default: throw error
                }
                guard attempt < 4 else { throw error }
                // Full jitter, so that many clients do not come back together.
                try await Task.sleep(for: pause * Double.random(in: 0.5...1.0))
                delay *= 3
            }
        }
        throw CancellationError()
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
