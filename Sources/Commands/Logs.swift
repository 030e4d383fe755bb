import Foundation
import Logging

/// Lines of `time level message key=value` on standard error.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let label: String

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        FileHandle.standardError.write(Data("\(time) \(event.level) \(label): \(event.message)\(pairs)\n".utf8))
    }

    private static func quoted(_ text: String) -> String {
        text.contains { $0.isWhitespace || $0 == "\"" } ? text.debugDescription : text
    }
}

enum Logs {
    static func logger(_ label: String, verbose: Bool) -> Logger {
        var logger = Logger(label: label) { LineLogHandler(label: $0) }
        logger.logLevel = verbose ? .debug : .info
        return logger
    }
}
