import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import RecoveryAPI

/// Applies manifests with server-side apply: namespaces first, then definitions, then the rest in the order of
/// ``ResourceOrder``.
enum ApplyStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.apply else { throw StepError("no apply", isRetriable: false) }
        let objects = ResourceOrder.sorted(try await Poll.through(context) { try await documents(wanted, context) })
        guard !objects.isEmpty else { throw StepError("apply: there is no manifest in it", isRetriable: false) }
        // All of them before any is written: a plan that may not write the last one must not have written the first.
        for object in objects { try await Poll.through(context) { try await requireReach(object, context) } }
        let prepared = Prepared(objects)
        var unchecked: [String] = []
        for (index, object) in objects.enumerated() {
            let name = object[path: "metadata", "name"]?.string ?? ""
            let kind = object["kind"]?.string ?? ""
            context.progress("\(index + 1) of \(objects.count): \(kind) \(name)")
            let type: ResourceType
            do { type = try await Poll.through(context) { try await resourceType(of: object, context) } } catch let
                error as KubernetesError
                where error.isNotFound && context.isDryRun && prepared.defines(object)
            {
                unchecked.append("\(kind) \(name), whose definition comes with it")
                continue
            }
            if let complaint = complaint(
                object, isNamespaced: type.namespaced, from: context.namespace, reach: context.resolver.reach)
            {
                throw complaint
            }
            var object = object
            var namespace: String?
            if type.namespaced {
                namespace = object[path: "metadata", "namespace"]?.string ?? context.namespace
                var metadata = object["metadata"] ?? .object([:])
                metadata["namespace"] = namespace.map(JSON.string)
                object["metadata"] = metadata
            }
            let applied = object
            let place = namespace
            do {
                _ = try await Poll.through(context) {
                    try await context.client.apply(
                        applied, type: type, name: name, namespace: place, fieldManager: "dr-recovery",
                        force: wanted.force ?? false,
                        dryRun: context.isDryRun)
                }
            } catch let error as KubernetesError
                where error.isNotFound && context.isDryRun && prepared.namespaces.contains(place ?? "")
            {
                unchecked.append("\(kind) \(name), whose namespace comes with it")
            }
        }
        let verb = context.isDryRun ? "would apply" : "applied"
        let rest = unchecked.isEmpty ? "" : "; not checked: \(unchecked.joined(separator: "; "))"
        return StepResult(
            message: "\(verb) \(objects.count) manifests\(rest)", outputs: ["objects": String(objects.count)])
    }

    /// What others of the same manifests need: a dry run makes neither, so these cannot be asked about.
    private struct Prepared {
        var namespaces: Set<String> = []
        private var kinds: Set<[String]> = []

        init(_ objects: [JSON]) {
            for object in objects {
                switch object["kind"]?.string {
                case "Namespace": namespaces.insert(object[path: "metadata", "name"]?.string ?? "")
                case "CustomResourceDefinition":
                    let spec = object["spec"]
                    for version in spec?["versions"]?.array ?? [] {
                        kinds.insert([
                            "\(spec?["group"]?.string ?? "")/\(version["name"]?.string ?? "")",
                            spec?[path: "names", "kind"]?.string ?? "",
                        ])
                    }
                default: break
                }
            }
        }

        func defines(_ object: JSON) -> Bool {
            kinds.contains([object["apiVersion"]?.string ?? "", object["kind"]?.string ?? ""])
        }
    }

    /// Of a kind that the API server does not have yet, it is asked again when the kind is there.
    private static func requireReach(_ object: JSON, _ context: StepContext) async throws {
        var isNamespaced: Bool?
        do {
            isNamespaced = try await context.client.resourceType(
                apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? ""
            ).namespaced
        } catch let error as KubernetesError where error.isNotFound {}
        if let complaint = complaint(
            object, isNamespaced: isNamespaced, from: context.namespace, reach: context.resolver.reach)
        {
            throw complaint
        }
    }

    /// A plan writes with the operator's rights, which are more than its author's: so its own namespace alone, unless the
    /// operator was told otherwise. See ``ResourceReach``.
    /// - Parameter isNamespaced: nil when the kind is not known yet.
    static func complaint(_ object: JSON, isNamespaced: Bool?, from namespace: String, reach: ResourceReach)
        -> StepError?
    {
        guard !reach.reachesEverything(from: namespace) else { return nil }
        let name = "\(object["kind"]?.string ?? "") \(object[path: "metadata", "name"]?.string ?? "")"
        let mend =
            "leave it out, or start the operator with --cross-namespace-from \(namespace), if everybody who writes plans there may write everything"
        if isNamespaced == false {
            return StepError(
                "apply: a plan of \"\(namespace)\" may not write \(name), which belongs to no namespace; \(mend)",
                isRetriable: false)
        }
        guard let other = object[path: "metadata", "namespace"]?.string, other != namespace else { return nil }
        return StepError(
            "apply: a plan of \"\(namespace)\" may not write \(name) of the namespace \"\(other)\"; \(mend)",
            isRetriable: false)
    }

    private static func documents(_ wanted: Step.Apply, _ context: StepContext) async throws -> [JSON] {
        if let text = wanted.inline { return try parse(text, "apply.inline") }
        guard let name = wanted.configMap?.name else {
            throw StepError("apply needs inline or configMap", isRetriable: false)
        }
        guard let map = try await context.client.getIfPresent(ConfigMap.self, name, namespace: context.namespace) else {
            throw StepError(
                "apply.configMap: there is no ConfigMap \"\(name)\" in \"\(context.namespace)\"", isRetriable: true)
        }
        return try (map.data ?? [:]).sorted { $0.key < $1.key }
            .filter { entry in [".yaml", ".yml", ".json"].contains { entry.key.hasSuffix($0) } }
            .flatMap { try parse($0.value, "ConfigMap \(name), key \($0.key)") }
    }

    /// A definition that was applied a moment ago is served a moment later.
    private static func resourceType(of object: JSON, _ context: StepContext) async throws -> ResourceType {
        for attempt in 1... {
            do {
                return try await context.client.resourceType(
                    apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
            } catch let error as KubernetesError where error.isNotFound && attempt < 10 && !context.isDryRun {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        throw CancellationError()
    }

    static func parse(_ text: String, _ place: String) throws -> [JSON] {
        do {
            return try ManifestYAML.documents(text).map { json in
                guard json["apiVersion"]?.string != nil, json["kind"]?.string != nil,
                    json[path: "metadata", "name"]?.string != nil
                else {
                    throw StepError("\(place): a document has no apiVersion, kind or metadata.name", isRetriable: false)
                }
                return json
            }
        } catch let error as StepError {
            throw error
        } catch {
            throw StepError("\(place): is not YAML: \(error)", isRetriable: false)
        }
    }
}
