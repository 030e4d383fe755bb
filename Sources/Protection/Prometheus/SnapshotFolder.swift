import Cryptography
import Foundation

/// The snapshots of a server, in its data folder, and the note about ours beside its blocks.
///
/// The note lies in the data folder rather than in a cache: whoever sees the snapshot of a killed attempt sees the note too,
/// whichever node it runs on. Prometheus looks at nothing there that is not named like a block.
struct SnapshotFolder: Sendable {
    let data: URL
    private let note: URL
    private var snapshots: URL { data.appending(path: "snapshots") }

    /// - Parameter name: Of the policy; part of the note's name as a digest.
    init(data: URL, name: String) {
        self.data = data
        note = data.appending(path: ".dr-snapshot-\(SHA256.hexHash(name).prefix(32)).json")
    }

    func check() async throws {
        let isFolder = try await onDisk { [data] in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: data.path, isDirectory: &isFolder) && isFolder.boolValue
        }
        guard isFolder else {
            throw PrometheusError(
                .dataDirectory, "there is no folder \(data.path)", field: "dataDirectory",
                mend: "dr must see the folder that the server is given as --storage.tsdb.path")
        }
    }

    func names() async throws -> Set<String> {
        try await onDisk { [snapshots] in
            guard FileManager.default.fileExists(atPath: snapshots.path) else { return [] }
            return Set(try FileManager.default.contentsOfDirectory(atPath: snapshots.path).filter(SnapshotName.isOne))
        }
    }

    func folder(of name: String) async throws -> URL {
        let folder = snapshots.appending(path: name)
        guard try await onDisk({ FileManager.default.fileExists(atPath: folder.path) }) else {
            throw PrometheusError(
                .dataDirectory, "the server has made the snapshot \(name), and \(snapshots.path) does not hold it",
                field: "dataDirectory",
                mend: "dr must see the same folder that the server is given as --storage.tsdb.path")
        }
        return folder
    }

    /// Removes what a killed attempt left.
    func removeLeftover() async throws {
        guard let left = try await readNote() else { return }
        if let name = left.leftover(among: try await names()) { try await remove(name) }
        try await removeNote()
    }

    func remove(_ name: String) async throws {
        guard SnapshotName.isOne(name) else { return }
        try await onDisk { [snapshots] in
            let folder = snapshots.appending(path: name)
            do { try FileManager.default.removeItem(at: folder) } catch {
                guard FileManager.default.fileExists(atPath: folder.path) else { return }
                throw PrometheusError(
                    .dataDirectory, "the snapshot \(folder.path) cannot be removed", field: "dataDirectory",
                    mend: "let dr write there, and remove the folder")
            }
        }
    }

    private func readNote() async throws -> SnapshotNote? {
        try await onDisk { [note] in
            guard let data = try? Data(contentsOf: note) else { return nil }
            return try? JSONDecoder().decode(SnapshotNote.self, from: data)
        }
    }

    func write(_ value: SnapshotNote) async throws {
        let bytes = try JSONEncoder().encode(value)
        try await onDisk { [note] in
            do { try bytes.write(to: note, options: .atomic) } catch {
                throw PrometheusError(
                    .dataDirectory, "\(note.deletingLastPathComponent().path) cannot be written",
                    field: "dataDirectory",
                    mend: "let dr write there: it removes its snapshots itself")
            }
        }
    }

    func removeNote() async throws {
        try await onDisk { [note] in
            do { try FileManager.default.removeItem(at: note) } catch {
                if FileManager.default.fileExists(atPath: note.path) { throw error }
            }
        }
    }
}
