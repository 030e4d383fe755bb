public import BackupArchive
public import KubernetesClient
public import KubernetesModel

/// Brings objects back by server-side apply.
///
/// Expected flow: the whole artifact is compared with the record; every object is sent as a dry run, and what stands in the
/// way is listed; only when nothing does is anything written, in the order of ``ResourceOrder``.
///
/// Guarantees: nothing is ever deleted; killed anywhere, the same call ends in the same state, since an apply done twice does
/// what it does once. Caveat: server-side apply sets the fields of the backup and leaves others be: an object that has more
/// fields now than then keeps them, and is counted.
public struct ResourceRestore: Sendable {
    public enum ConflictRule: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing is written when others manage fields that would become other ones.
        case fail = "Fail"
        /// Such fields are taken over.
        case overwrite = "Overwrite"
        /// Objects with such fields are left as they are.
        case skip = "Skip"
    }

    public struct Options: Sendable, Hashable {
        /// From the backup's namespaces to those that they come back as; nil for all, as they were.
        public var namespaces: [String: String]?
        public var kinds: [String]?
        public var labels: LabelQuery?
        public var conflict: ConflictRule

        public init(
            namespaces: [String: String]? = nil, kinds: [String]? = nil, labels: LabelQuery? = nil,
            conflict: ConflictRule = .fail
        ) {
            self.namespaces = namespaces
            self.kinds = kinds
            self.labels = labels
            self.conflict = conflict
        }
    }

    public struct Report: Sendable, Hashable {
        public var created = 0
        public var updated = 0
        public var unchanged = 0
        /// Left as they are because of a conflict.
        public var skipped = 0
        /// Objects of the cluster that this namespace may not write.
        public var outOfReach = 0
        /// There now, and not in the backup: they were left alone. Nil when they could not be counted.
        public var extra: Int?
        /// Objects that keep fields which the backup does not have.
        public var withMore = 0
        /// What a person should know.
        public var notes: [String] = []
    }

    let client: KubernetesClient
    let namespace: String
    let reach: ResourceReach

    /// - Parameter namespace: The plan's.
    public init(client: KubernetesClient, namespace: String, reach: ResourceReach) {
        self.client = client
        self.namespace = namespace
        self.reach = reach
    }

    /// - Parameter dryRun: Asks everything and writes nothing.
    /// - Throws: ``ResourcesError``, `ArchiveError`, ``VerificationFailure``.
    public func run(
        _ backup: Manifest, from source: any ArtifactSource, options: Options, dryRun: Bool,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> Report {
        let fingerprint = try ResourcesSystem.fingerprint(of: backup)
        let artifact = try backup.artifact(ResourcesSystem.artifactName)
        let selection = try RestoreSelection(fingerprint, options, namespace: namespace, reach: reach)
        progress("reading the backup")
        try await source.read(artifact) { pieces in try await Comparison.run(pieces, with: fingerprint) }
        progress("asking the API server about every object")
        let survey = RestoreSurvey(client: client, selection: selection)
        var found = try await source.read(artifact) { pieces in try await survey.run(pieces, progress: progress) }
        try found.refuse(options.conflict)
        progress("counting what is there and not in the backup")
        let (extra, complaint) = try await survey.countExtra(found)
        found.report.extra = extra
        if let complaint { found.report.notes.append(complaint) }
        if !dryRun {
            let writing = RestoreWriting(client: client, selection: selection, passOver: found.passOver)
            try await source.read(artifact) { pieces in try await writing.run(pieces, progress: progress) }
        }
        return found.report
    }
}
