import Foundation
import HTTPTransport
import RecoveryAPI

/// Sends a request and checks the answer.
enum HTTPStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.http else { throw StepError("no http", isRetriable: false) }
        let method = wanted.method ?? "GET"
        if context.isDryRun, !["GET", "HEAD"].contains(method) {
            return StepResult(message: "would send \(method) \(shown(wanted.url))")
        }
        var headers = HTTPHeaders()
        for (name, value) in (wanted.headers ?? [:]).sorted(by: { $0.key < $1.key }) { headers.add(name, value) }
        if let reference = wanted.bearerTokenSecret {
            let token = try await context.resolver.secret(
                reference, key: "token", namespace: context.namespace, field: "http.bearerTokenSecret")
            headers["Authorization"] = "Bearer \(token.trimmingCharacters(in: .whitespacesAndNewlines))"
        }
        var tls = HTTPTLS()
        if let reference = wanted.caSecret {
            tls.certificateAuthorities = Array(
                try await context.resolver.secret(
                    reference, key: "ca.crt", namespace: context.namespace, field: "http.caSecret"
                ).utf8)
        }
        let client = HTTPClient(configuration: HTTPClientConfiguration(tls: tls, proxy: .environment))
        do {
            let response = try await client.execute(
                HTTPRequest(
                    method: method, url: wanted.url, headers: headers,
                    body: wanted.body.map { .bytes(Array($0.utf8)) } ?? .none,
                    timeout: .seconds(60)))
            let body = try await response.body.collect(upTo: 8 << 20)
            await client.shutdown()
            return try check(wanted, status: response.status, body: body, isRepeatable: context.step.isRepeatable)
        } catch {
            await client.shutdown()
            throw context.step.isRepeatable ? error : unrepeatable(error)
        }
    }

    /// - Parameter isRepeatable: whether it may be sent again when nobody knows what the server made of it.
    static func check(_ wanted: Step.HTTP, status: Int, body: [UInt8], isRepeatable: Bool = true) throws -> StepResult {
        let isRight = wanted.expectStatus.map { $0.contains(status) } ?? (200..<300).contains(status)
        guard isRight else {
            let expected = wanted.expectStatus.map { $0.map(String.init).joined(separator: " or ") } ?? "200 to 299"
            // The answer may hold secrets: it is not shown.
            let text = "\(shown(wanted.url)) answered \(status), expected was \(expected)"
            // A server that failed, or a proxy before it, may have failed when the work was done.
            if !isRepeatable, status >= 500 || status == 408 {
                throw StepError(text, isRetriable: false, mayHaveHappened: true)
            }
            // A refusal may be sent again. What was taken is done, whatever was expected.
            throw StepError(text, isRetriable: isRepeatable || (400..<500).contains(status))
        }
        if let text = wanted.expectBody, !String(decoding: body, as: UTF8.self).contains(text) {
            throw StepError(
                "\(shown(wanted.url)) answered \(status) without the expected text", isRetriable: isRepeatable)
        }
        return StepResult(message: "\(shown(wanted.url)) answered \(status)", outputs: ["status": String(status)])
    }

    /// What may have reached the server may be done.
    private static func unrepeatable(_ error: any Error) -> any Error {
        switch error {
        case let error as HTTPError:
            error.requestMayHaveBeenSent ? StepError("\(error)", isRetriable: false, mayHaveHappened: true) : error
        case is CancellationError: StepError("cancelled", isRetriable: false, mayHaveHappened: true)
        default: error
        }
    }

    /// A query may hold a token, and what stands before an @ a password.
    static func shown(_ url: String) -> String { HTTPError.withoutSecrets(url) }
}
