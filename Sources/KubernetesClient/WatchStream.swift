import Foundation
import HTTPTransport
public import KubernetesModel

public enum WatchEvent<R: Sendable>: Sendable {
    case added(R)
    case modified(R)
    case deleted(R)
    /// Nothing happened up to this version. `endsInitialEvents`: everything that there was has been sent.
    case bookmark(resourceVersion: String, endsInitialEvents: Bool)
    /// The server ends the watch and says why.
    case error(KubernetesError)
    /// A line that is not an event of this type.
    case unreadable(String)
}

/// The lines of a body, split on 0x0A and nothing else, whatever pieces they arrive in.
struct LineSplitter {
    private var pending: [UInt8] = []
    /// Beyond this a line is an attack, not an object: etcd refuses objects above 1.5 MiB.
    private let limit: Int

    init(limit: Int = 64 << 20) { self.limit = limit }

    mutating func push(_ bytes: [UInt8]) throws(KubernetesError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            if pending.isEmpty {
                lines.append(Array(bytes[start..<end]))
            } else {
                pending += bytes[start..<end]
                lines.append(pending)
                pending = []
            }
            start = end + 1
        }
        pending += bytes[start...]
        guard pending.count <= limit else {
            throw KubernetesError(
                reason: .malformed, status: APIStatus(message: "a watch line is longer than \(limit) bytes"), code: 200,
                request: "watch")
        }
        return lines.filter { !$0.isEmpty }
    }

    /// What came after the last line break, when the stream has ended well.
    mutating func rest() -> [UInt8]? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
    }
}

/// How a watch begins.
public struct WatchStart: Sendable, Hashable {
    public var resourceVersion: String
    /// Asks for everything that there is first (streaming list). Never when resuming.
    public var sendsInitialEvents: Bool
    public var timeoutSeconds: Int

    public init(resourceVersion: String, sendsInitialEvents: Bool = false, timeoutSeconds: Int) {
        self.resourceVersion = resourceVersion
        self.sendsInitialEvents = sendsInitialEvents
        self.timeoutSeconds = timeoutSeconds
    }
}

extension KubernetesClient {
    /// Watches until the server ends it, and gives each event to `handle`.
    /// - Parameter silence: how long nothing, not even a bookmark, may come before the connection counts as dead.
    /// - Parameter onBytes: called for every piece that arrives, so that a silent connection can be told.
    public func watch<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, selector: ListSelector = ListSelector(), from start: WatchStart,
        silence: Duration? = nil, onBytes: @Sendable () -> Void = {}, handle: (WatchEvent<R>) async throws -> Void
    ) async throws {
        let request = R.resourceType.describe("watch", namespace, nil)
        let path =
            ResourcePath.path(R.resourceType, namespace: namespace)
            + ResourcePath.query([
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("labelSelector", selector.labels),
                ("fieldSelector", selector.fields), ("timeoutSeconds", String(start.timeoutSeconds)),
                ("resourceVersion", start.sendsInitialEvents ? nil : start.resourceVersion),
                ("sendInitialEvents", start.sendsInitialEvents ? "true" : nil),
                ("resourceVersionMatch", start.sendsInitialEvents ? "NotOlderThan" : nil),
            ])
        let response = try await send(
            "GET", path, timeout: .seconds(start.timeoutSeconds + 30), idleTimeout: silence, on: watches,
            describing: request)
        onBytes()
        var splitter = LineSplitter()
        do {
            for try await piece in response.body {
                onBytes()
                for line in try splitter.push(piece) { try await handle(event(Data(line), request)) }
            }
            if let line = splitter.rest() {
                let last: WatchEvent<R> = event(Data(line), request)
                // A line that was cut off will come again, whole, when the watch is resumed.
                if case .unreadable = last { return }
                try await handle(last)
            }
        } catch let error as HTTPError {
            try Task.checkCancellation()
            throw judged(KubernetesError(error, request: request))
        }
    }

    private func event<R: KubernetesResource>(_ line: Data, _ request: String) -> WatchEvent<R> {
        do {
            switch try JSONDecoder.kubernetes.decode(EventDocument<R>.self, from: line) {
            case .event(let event): return event
            case .failure(let status):
                return .error(
                    KubernetesError(
                        status: status, code: status.code ?? 0, request: request,
                        retryAfter: status.details?.retryAfterSeconds))
            }
        } catch {
            return .unreadable("\(error)")
        }
    }
}

/// A line of a watch, read once: of what type its object is stands in the line itself.
private enum EventDocument<R: KubernetesResource>: Decodable {
    case event(WatchEvent<R>)
    case failure(APIStatus)

    private enum CodingKeys: String, CodingKey { case type, object }
    private struct BookmarkObject: Decodable { var metadata: ObjectMeta? }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ADDED": self = .event(.added(try container.decode(R.self, forKey: .object)))
        case "MODIFIED": self = .event(.modified(try container.decode(R.self, forKey: .object)))
        case "DELETED": self = .event(.deleted(try container.decode(R.self, forKey: .object)))
        case "BOOKMARK":
            let metadata = try container.decode(BookmarkObject.self, forKey: .object).metadata
            self = .event(
                .bookmark(
                    resourceVersion: metadata?.resourceVersion ?? "",
                    endsInitialEvents: metadata?.annotations?["k8s.io/initial-events-end"] == "true"))
        case "ERROR": self = .failure(try container.decode(APIStatus.self, forKey: .object))
        case let other: self = .event(.unreadable("an event of the unknown type \(other)"))
        }
    }
}
