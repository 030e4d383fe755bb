import Foundation
import Processes

// A process for tests that kill it. Usage: process-tool SIGNAL PROGRAM ARGUMENTS…
// Runs the program as a server that dies with this process, prints `running` and the server's number, and waits.
let arguments = CommandLine.arguments
guard arguments.count >= 3 else { exit(2) }
let signal = Command.EndSignal(rawValue: arguments[1])
do {
    try await withServer(Command(arguments[2], Array(arguments.dropFirst(3)), diesWithParent: signal)) { server in
        print("running \(server.process)")
        fflush(nil)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
} catch {
    print("failed \(error)")
    exit(1)
}
