import BackupArchive
import KubernetesModel

/// Asks the API server about every object of a backup, for a verification.
struct Checking: Sendable {
    struct Tally: Sendable {
        var accepted = 0
        var elsewhere = 0
        var immovable = 0
        var outOfReach = 0
        var unchecked: [ObjectCheck.Unchecked: Int] = [:]
        var refusedCount = 0
        /// The first few.
        var refused: [String] = []

        mutating func add(_ outcome: ObjectCheck.Outcome, name: String) {
            switch outcome {
            case .created, .updated, .unchanged, .conflicts: accepted += 1
            case .checkedElsewhere: elsewhere += 1
            case .immovable: immovable += 1
            case .unchecked(let reason, _): unchecked[reason, default: 0] += 1
            case .refused(let words):
                refusedCount += 1
                if refused.count < 10 { refused.append("\(name): \(words)") }
            }
        }

        /// Of which the API server said whether it would take them.
        var asked: Int { accepted + elsewhere + immovable + refusedCount }

        /// A backup of which the server was asked about nothing was read, and no more.
        func level(of objects: Int64) -> VerificationReport.Level {
            guard objects > 0, asked == 0 else { return .restored }
            var reasons = ObjectCheck.Unchecked.allCases.filter { unchecked[$0] != nil }.map {
                $0.rawValue + ($0.mend.map { " (\($0))" } ?? "")
            }
            if outOfReach > 0 {
                reasons.append(
                    "this namespace may not write where they belong (start the operator with --cross-namespace-from)")
            }
            return .checked(
                missing: "the API server was asked about none of the objects: \(reasons.joined(separator: "; "))")
        }

        var summary: String {
            var parts = ["the API server accepted \(accepted) objects in a dry run"]
            if elsewhere > 0 {
                parts.append("\(elsewhere) in another namespace and under another name, since their own does not exist")
            }
            if immovable > 0 {
                parts.append(
                    "\(immovable) only under another name: what is there now differs in fields that can never change, and has to be deleted before a restore"
                )
            }
            for reason in ObjectCheck.Unchecked.allCases {
                if let count = unchecked[reason] { parts.append("\(count) were not asked about: \(reason.rawValue)") }
            }
            if outOfReach > 0 {
                parts.append("\(outOfReach) were not asked about: this namespace may not write where they belong")
            }
            return parts.joined(separator: "; ")
        }
    }

    let check: ObjectCheck
    let reaches: Bool
    let namespace: String

    private static let batch = 64

    func run(_ pieces: PlainBytes, progress: @escaping @Sendable (String) -> Void) async throws -> Tally {
        let types = ResourceTypes(client: check.client)
        var tally = Tally()
        var batch: [JSON] = []
        var count = 0
        func flush() async throws {
            let outcomes = try await Concurrently.map(batch) { object in try await outcome(object, types) }
            for (object, outcome) in zip(batch, outcomes) {
                if let outcome {
                    tally.add(outcome, name: ResourceDocuments.name(object))
                } else {
                    tally.outOfReach += 1
                }
            }
            count += batch.count
            batch = []
            progress("\(count) objects checked")
        }
        try await ResourceDocuments.each(pieces) { object, _ in
            batch.append(object)
            if batch.count == Self.batch { try await flush() }
        }
        try await flush()
        return tally
    }

    /// Nil for what the namespace may not write.
    private func outcome(_ object: JSON, _ types: ResourceTypes) async throws -> ObjectCheck.Outcome? {
        let own = object[path: "metadata", "namespace"]?.string
        guard reaches || own == namespace else { return nil }
        guard let type = try await ResourcesError.reading(ResourcesSystem.field, { try await types.type(of: object) })
        else {
            return .unchecked(.noKind, ResourceDocuments.name(object))
        }
        return try await check.check(object, type: type, force: true).outcome
    }
}

extension ObjectCheck.Unchecked {
    fileprivate var mend: String? {
        switch self {
        case .noNamespace: "create it, or verify where it is"
        case .noKind: "install their CustomResourceDefinitions, or verify where they are"
        case .notAllowed: "bind the ClusterRole dr-resources-restore to it"
        case .noDryRun: nil
        }
    }
}

extension ResourceDocuments {
    /// `Deployment shop/api`.
    static func name(_ object: JSON) -> String {
        let namespace = object[path: "metadata", "namespace"]?.string.map { "\($0)/" } ?? ""
        return "\(object["kind"]?.string ?? "?") \(namespace)\(object[path: "metadata", "name"]?.string ?? "?")"
    }
}
