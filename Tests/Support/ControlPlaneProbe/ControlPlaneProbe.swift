import ControlPlane
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the API server as a process of its own, so that tests can kill it: `control-plane-probe STATE-FOLDER`.
/// Prints `ready URL PID` once it serves. `PROBE_LOG` sets the log level.
@main
struct ControlPlaneProbe {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: control-plane-probe STATE-FOLDER\n".utf8))
            exit(64)
        }
        var logger = Logger(label: "control-plane-probe") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel =
            ProcessInfo.processInfo.environment["PROBE_LOG"].flatMap { Logger.Level(rawValue: $0) } ?? .warning
        let plane = ControlPlane(
            configuration: ControlPlaneConfiguration(
                stateDirectory: URL(filePath: CommandLine.arguments[1], directoryHint: .isDirectory)),
            logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: plane), .init(service: Announcer(plane: plane))],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }
}

private struct Announcer: Service {
    var plane: ControlPlane

    func run() async throws {
        try await plane.ready()
        FileHandle.standardOutput.write(Data("ready \(plane.url?.absoluteString ?? "") \(getpid())\n".utf8))
        try await gracefulShutdown()
    }
}
