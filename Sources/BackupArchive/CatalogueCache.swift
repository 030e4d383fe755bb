import ObjectStore
import Synchronization

/// Manifests that were read, by key and tag, so that looking at a catalogue of thousands costs a list and not as many reads.
///
/// Without their fingerprints, which are by far their largest part: a restore or a verification reads the manifest itself.
public final class CatalogueCache: Sendable {
    private struct Entry: Sendable {
        var etag: String
        var manifest: Manifest
    }

    private let entries = Mutex<[String: Entry]>([:])

    public init() {}

    func manifest(_ info: ObjectInfo) -> Manifest? {
        guard !info.etag.isEmpty else { return nil }
        return entries.withLock { entries in
            guard let entry = entries[info.key], entry.etag == info.etag else { return nil }
            return entry.manifest
        }
    }

    func add(_ manifest: Manifest, _ info: ObjectInfo) {
        guard !info.etag.isEmpty else { return }
        var light = manifest
        light.record.fingerprint = ""
        let entry = Entry(etag: info.etag, manifest: light)
        entries.withLock { $0[info.key] = entry }
    }

    /// Forgets what a list does not have any more.
    func retain(_ listed: [ObjectInfo], below prefix: String) {
        let keys = Set(listed.map(\.key))
        entries.withLock { entries in
            entries = entries.filter { !$0.key.hasPrefix(prefix) || keys.contains($0.key) }
        }
    }
}
