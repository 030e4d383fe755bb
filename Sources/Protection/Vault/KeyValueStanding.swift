/// What a secret of the target is, compared with what a restore makes of it.
enum KeyValueStanding: Sendable, Hashable {
    case absent
    /// Nothing is to be done.
    case same
    /// An earlier attempt was killed in it, or might have been: it holds nothing that the backup has not.
    case begun
    case other

    /// What stands for a version without data until it is destroyed.
    static let placeholder = Array("{}".utf8)

    init(_ found: KeyValueSecret?, wanted: KeyValueSecret) {
        guard let found else {
            self = .absent
            return
        }
        guard let settings = wanted.settings, let present = found.settings else {
            self = found.lines[0].data == wanted.lines[0].data ? .same : .other
            return
        }
        guard present.custom_metadata ?? [:] == settings.custom_metadata ?? [:],
            present.current_version <= settings.current_version
        else {
            self = .other
            return
        }
        let versions = Dictionary(wanted.versions.map { ($0.version ?? 0, $0) }, uniquingKeysWith: { $1 })
        let there = Dictionary(found.versions.map { ($0.version ?? 0, $0) }, uniquingKeysWith: { $1 })
        var isWhole = present == settings
        for (number, line) in there {
            if versions[number]?.state == .available {
                guard line.state == .available, line.data == versions[number]?.data else {
                    self = .other
                    return
                }
            } else if line.state == .available {
                guard line.data == Self.placeholder else {
                    self = .other
                    return
                }
                isWhole = false
            }
        }
        // A version that is gone there and not here cannot be put in between the others.
        for (number, line) in versions
        where number <= present.current_version && line.state == .available && there[number] == nil {
            self = .other
            return
        }
        self = isWhole ? .same : .begun
    }
}
