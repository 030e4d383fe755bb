import APIMachinery
import Foundation
import KubernetesModel

extension APIServer {
    func get(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        if let version = try ListOptions.version(request.query["resourceVersion"]), version > 0 {
            let current = hub.latest
            if version > current { throw APIFailure.futureVersion(version, current: current) }
        }
        guard let record = try await store.get(target.key) else { throw APIFailure.notFound(target.type, target.name) }
        if target.subresource == .scale {
            return APIResponse(document: try Scale.document(record.object, target.definition))
        }
        if representation == .object, target.definition.isStoredAsServed { return APIResponse(bytes: record.bytes) }
        return render(target.definition.present(record.object), target, representation, request)
    }

    /// One object as the client wants it.
    func render(
        _ object: JSON, _ target: Target, _ representation: Representation, _ request: APIRequest, code: Int = 200
    ) -> APIResponse {
        let document =
            switch representation {
            case .table:
                target.definition.table.table(
                    [object], include: .init(request.query),
                    metadata: ["resourceVersion": .string(object.resourceVersion)],
                    now: now())
            case .metadata: TableRenderer.partialMetadata(object)
            default: object
            }
        return APIResponse(code, document: document)
    }

    func list(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        let options = try ListOptions(request.query)
        let matches = try matcher(request.query, target)
        let page: StoredPage
        let matching: [StoredRecord]
        do {
            (page, matching) = try await pages(options, target, matches, isSelective: request.query.isSelective)
        } catch StorageError.future(let requested, let current) {
            throw APIFailure.futureVersion(requested, current: current)
        } catch StorageError.compacted {
            throw APIFailure.expired(
                options.continuation == nil
                    ? "The resourceVersion for the provided list is too old."
                    : """
                    The provided continue parameter is too old to display a consistent list result. You can start a \
                    new list without the continue parameter.
                    """)
        }
        var metadata: JSON = ["resourceVersion": .string(String(page.revision))]
        if page.hasMore, let last = page.records.last?.key {
            metadata["continue"] = .string(
                ContinueToken(revision: page.revision, namespace: last.namespace, name: last.name).text)
            // With a selector the rest is not known without looking at it.
            if let remaining = page.remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
        }
        switch representation {
        case .table:
            return APIResponse(
                document: target.definition.table.table(
                    matching.map { target.definition.present($0.object) }, include: .init(request.query),
                    metadata: metadata, now: now()))
        case .metadata:
            return APIResponse(document: [
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                "items": .array(matching.map { TableRenderer.partialMetadata(target.definition.present($0.object)) }),
            ])
        default:
            return APIResponse(bytes: Self.listBytes(matching, target.definition, metadata))
        }
    }

    /// Reads pages until as many objects match as were asked for, so that a selective list is no row of empty pages.
    private func pages(
        _ options: ListOptions, _ target: Target, _ matches: @Sendable (JSON) -> Bool, isSelective: Bool
    ) async throws -> (StoredPage, [StoredRecord]) {
        let namespace = target.namespace.isEmpty ? nil : target.namespace
        var after = options.continuation.map { ($0.namespace, $0.name) }
        var revision = options.continuation?.revision ?? options.exactVersion
        if let least = options.leastVersion, least > hub.latest {
            throw StorageError.future(requested: least, current: hub.latest)
        }
        var matching: [StoredRecord] = []
        while true {
            let limit = options.limit.map { $0 - matching.count }
            var page = try await store.list(
                target.definition.collection, namespace: namespace, at: revision, after: after, limit: limit,
                countsRest: !isSelective)
            matching += isSelective ? page.records.filter { matches($0.object) } : page.records
            revision = page.revision
            if !page.hasMore || matching.count >= options.limit ?? .max { return (page, matching) }
            after = page.records.last.map { ($0.key.namespace, $0.key.name) }
            page.records = []
        }
    }

    /// A list whose items are the stored bytes, with the keys in the sorted order that objects have too.
    private static func listBytes(
        _ records: [StoredRecord], _ definition: ResourceDefinition, _ metadata: JSON
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(256 + records.reduce(0) { $0 + $1.bytes.count + 1 })
        result += Array(#"{"apiVersion":"\#(definition.type.apiVersion)","items":["#.utf8)
        for (index, record) in records.enumerated() {
            if index > 0 { result.append(UInt8(ascii: ",")) }
            if definition.isStoredAsServed {
                result += record.bytes
            } else {
                JSONText.append(definition.present(record.object), to: &result)
            }
        }
        result += Array(#"],"kind":"\#(definition.listKind)","metadata":"#.utf8)
        JSONText.append(metadata, to: &result)
        result.append(UInt8(ascii: "}"))
        return result
    }

    /// Label and field selectors of a request, for stored objects.
    func matcher(_ query: APIRequest.Query, _ target: Target) throws -> @Sendable (JSON) -> Bool {
        let definition = target.definition
        let labels = try query["labelSelector"].map { try LabelSelector(parsing: $0) }
        let fields = try query["fieldSelector"].map {
            try FieldSelector(parsing: $0, supported: definition.selectableFields, type: definition.type)
        }
        let name = target.name
        let select: @Sendable (JSON) -> Bool = { object in
            labels?.matches(labels: object[path: "metadata", "labels"]) ?? true && fields?.matches(object) ?? true
        }
        if definition.isStoredAsServed && name.isEmpty { return select }
        return { object in
            if !name.isEmpty, object.name != name { return false }
            return select(definition.isStoredAsServed ? object : definition.present(object))
        }
    }
}

extension TableRenderer.IncludeObject {
    /// What the rows of a table carry, as the query says.
    init(_ query: APIRequest.Query) { self = query["includeObject"].flatMap(Self.init(rawValue:)) ?? .metadata }
}

extension APIRequest.Query {
    /// Whether a selector may leave objects out.
    var isSelective: Bool { self["labelSelector"] != nil || self["fieldSelector"] != nil }
}

extension JSON {
    var name: String { self[path: "metadata", "name"]?.string ?? "" }
    var namespace: String { self[path: "metadata", "namespace"]?.string ?? "" }
    var resourceVersion: String { self[path: "metadata", "resourceVersion"]?.string ?? "" }
    var isBeingDeleted: Bool { self[path: "metadata", "deletionTimestamp"]?.string != nil }
    var finalizers: [String] { (self[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string) }
}
