import BackupArchive
import KubernetesClient
import KubernetesModel

/// Writes the objects of a restore, rank by rank.
struct RestoreWriting: Sendable {
    let client: KubernetesClient
    let selection: RestoreSelection
    let passOver: Set<String>

    private static let batch = 64
    /// For a definition to be served. The API server takes a second or two.
    private static let patience = 120

    func run(_ pieces: PlainBytes, progress: @escaping @Sendable (String) -> Void) async throws {
        let types = ResourceTypes(client: client)
        var batch: [JSON] = []
        var rank = 0
        var count = 0
        func flush() async throws {
            guard !batch.isEmpty else { return }
            _ = try await Concurrently.map(batch) { object in try await apply(object, types) }
            count += batch.count
            progress("\(count) objects written")
            let definitions = batch.filter { $0["kind"]?.string == "CustomResourceDefinition" }
            batch = []
            if !definitions.isEmpty {
                for definition in definitions { try await waitUntilServed(definition, progress) }
                await types.forget()
            }
        }
        try await ResourceDocuments.each(pieces) { object, _ in
            guard case .restore(let object) = try selection.decide(object),
                !passOver.contains(ResourceDocuments.name(object))
            else { return }
            let next = ResourceOrder.rank(of: object)
            // What comes later may need what came before.
            if next != rank || batch.count == Self.batch { try await flush() }
            rank = next
            batch.append(object)
        }
        try await flush()
    }

    private func apply(_ object: JSON, _ types: ResourceTypes) async throws {
        let name = ResourceDocuments.name(object)
        let type = try await servedType(of: object, types)
        do {
            _ = try await client.apply(
                object, type: type, name: object[path: "metadata", "name"]?.string ?? "",
                namespace: object[path: "metadata", "namespace"]?.string,
                fieldManager: ObjectCheck.fieldManager, force: selection.options.conflict == .overwrite)
        } catch let error as KubernetesError {
            let words = ObjectCheck.words(error, type)
            switch error.reason {
            case _ where error.isPremature || error.isAway:
                throw ResourcesError(
                    .unreachable, "\(name): \(words)", field: RestoreSelection.field, isRetriable: true)
            case .conflict:
                throw ResourcesError(
                    .conflicts, "\(name) changed while it was restored: \(words)",
                    field: "\(RestoreSelection.field).conflict",
                    mend: "what was written before stays; run it again", isRetriable: true)
            case .forbidden:
                throw ResourcesError(
                    .forbidden, "\(name): \(words)", field: RestoreSelection.field,
                    mend: "what was written before stays; give the operator that right and run it again")
            case .invalid, .badRequest:
                throw ResourcesError(.refused, "\(name): \(words)", field: RestoreSelection.field)
            default:
                throw ResourcesError(.failed, "\(name): \(words)", field: RestoreSelection.field, isRetriable: true)
            }
        }
    }

    /// A definition that is established may be served a moment later.
    private func servedType(of object: JSON, _ types: ResourceTypes) async throws -> ResourceType {
        for attempt in 1... {
            let found = try await ResourcesError.reading(RestoreSelection.field) { try await types.type(of: object) }
            if let found { return found }
            guard attempt < Self.patience else { break }
            try await Task.sleep(for: .milliseconds(250))
            await types.forget()
        }
        throw ResourcesError(
            .unknownKind,
            "the API server has no kind \(object["kind"]?.string ?? "") in \(object["apiVersion"]?.string ?? "")",
            field: RestoreSelection.field, mend: "install its definition first", isRetriable: true)
    }

    private func waitUntilServed(_ definition: JSON, _ progress: @Sendable (String) -> Void) async throws {
        let name = definition[path: "metadata", "name"]?.string ?? ""
        for _ in 0..<Self.patience {
            let now = try await ResourcesError.reading(RestoreSelection.field) {
                try await client.get(.definitions, name, namespace: nil)
            }
            let isServed = (now.content[path: "status", "conditions"]?.array ?? []).contains {
                $0["type"]?.string == "Established" && $0["status"]?.string == "True"
            }
            if isServed { return }
            progress("waiting for the definition \(name)")
            try await Task.sleep(for: .milliseconds(250))
        }
        throw ResourcesError(
            .failed, "the definition \(name) is not established", field: RestoreSelection.field,
            mend: "`kubectl describe crd \(name)` says why",
            isRetriable: true)
    }
}
