import APIMachinery
import KubernetesModel

extension APIServer {
    func watch(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        let query = request.query
        let version = try ListOptions.version(query["resourceVersion"])
        let sendsBookmarks = query.isTrue("allowWatchBookmarks")
        let sendsInitial = query["sendInitialEvents"] != nil
        if sendsInitial {
            guard query["resourceVersionMatch"] == "NotOlderThan" else {
                throw ListOptions.invalid(
                    "resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            }
            if query.isTrue("sendInitialEvents"), let version, version > hub.latest {
                throw APIFailure.futureVersion(version, current: hub.latest)
            }
        } else if query["resourceVersionMatch"] != nil {
            throw ListOptions.invalid(
                "resourceVersionMatch", "FieldValueForbidden",
                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
        let start: WatchSession.Start
        if sendsInitial {
            start =
                query.isTrue("sendInitialEvents")
                ? .everything : .after(version.flatMap { $0 > 0 ? $0 : nil } ?? hub.latest)
        } else if let version, version > 0 {
            start = .after(version)
        } else {
            start = .everything
        }
        var timing = self.timing
        // Without a limit of its own a watch ends between half an hour and an hour, as in Kubernetes.
        let seconds = try query.integer("timeoutSeconds").flatMap { $0 > 0 ? $0 : nil } ?? .random(in: 1800..<3600)
        timing.timeout = .seconds(min(seconds, 86_400))
        return APIResponse(
            watch: WatchSession(
                store: store, hub: hub,
                selection: WatchSelection(
                    collection: target.definition.collection,
                    namespace: target.namespace.isEmpty ? nil : target.namespace,
                    matches: try matcher(query, target)),
                start: start, sendsBookmarks: sendsBookmarks, timing: timing,
                renderer: WatchRenderer(
                    definition: target.definition, representation: representation,
                    include: .init(query), now: now)))
    }
}
