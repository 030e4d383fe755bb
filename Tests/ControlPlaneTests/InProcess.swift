@testable import ControlPlane

import Foundation
import Logging
import ServiceLifecycle
import Testing

/// Runs a server in this process, with all that it logs.
func runInProcess(
    _ folder: URL, _ configuration: ControlPlaneConfiguration? = nil,
    _ body: (ControlPlane, Probe, Locked<String>) async throws -> Void,
    whenDone: (ControlPlane) async -> Void = { _ in }
) async throws {
    let logs = Locked("")
    let state = folder.appending(path: "state")
    let plane = ControlPlane(
        configuration: configuration ?? ControlPlaneConfiguration(stateDirectory: state),
        logger: Logger(label: "test") { _ in CapturingLogHandler(text: logs) })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try? await plane.run() }
        try await plane.ready()
        let probe = Probe(state: state, url: plane.url?.absoluteString ?? "", pid: 0)
        do {
            try await body(plane, probe, logs)
        } catch is CancellationError {}
        await whenDone(plane)
        group.cancelAll()
    }
}

private struct CapturingLogHandler: LogHandler {
    let text: Locked<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(text: Locked<String>) { self.text = text }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: Logging.LogEvent) {
        text.change { $0 += "\(event.level) \(event.message) \(event.metadata ?? [:])\n" }
    }
}
