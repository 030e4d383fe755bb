import Foundation

/// The processes of this machine, as /proc tells them.
struct ProcessEntry: Sendable, Hashable, CustomStringConvertible {
    var number: Int32
    var parent: Int32
    /// `Z`: it has ended.
    var state: String
    /// Joined by spaces.
    var arguments: String
    var description: String { "\(number) \(arguments)" }

    init?(_ number: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1,
            let parent = Int32(fields[1]),
            let bytes = FileManager.default.contents(atPath: "/proc/\(number)/cmdline")
        else { return nil }
        self.number = number
        self.parent = parent
        state = String(fields[0])
        arguments = String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
    }

    /// Those that have not ended.
    static func all() -> [ProcessEntry] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return numbers.compactMap { ProcessEntry($0) }.filter { $0.state != "Z" }
    }

    /// A process with its children, their children, and so on.
    static func family(of root: Int32) -> [ProcessEntry] {
        let children = Dictionary(grouping: all(), by: \.parent)
        var found = ProcessEntry(root).map { [$0] } ?? []
        var rest = [root]
        while let next = rest.popLast() {
            for child in children[next] ?? [] where child.number != root {
                found.append(child)
                rest.append(child.number)
            }
        }
        return found
    }

    /// Those that have this in their arguments.
    static func naming(_ text: String) -> [ProcessEntry] { all().filter { $0.arguments.contains(text) } }
}
