import KubernetesClient
import KubernetesModel

/// The version that a list's later pages belong to was compacted away before they were read.
struct ListExpired: Error {}

/// Reads lists page by page.
struct ResourceLister: Sendable {
    /// How much is asked for at once.
    enum Paging: CaseIterable {
        case pages
        /// Pages larger by far: fewer of them to come too late for.
        case largePages
        case atOnce
    }

    let client: KubernetesClient
    let field: String
    var paging = Paging.pages

    private static let firstLimit = 100
    /// What the API server's own clients ask for.
    private static let longestPage = 500
    private static let pageBytes = 8 << 20

    /// Calls `body` with each page. All of them are of one version, which is returned.
    /// - Throws: ``ListExpired`` when a later page of that version cannot be had any more, ``ResourcesError``, or what `body` threw.
    func each(
        _ type: ResourceType, namespace: String?, labels: String? = nil, metadataOnly: Bool = false,
        _ body: ([JSON]) async throws -> Void
    ) async throws -> String {
        var limit: Int? = paging == .atOnce ? nil : metadataOnly ? Self.longestPage : Self.firstLimit
        if paging == .largePages { limit = 5000 }
        var next: String?
        var version = ""
        repeat {
            let page: ResourcePage
            do {
                page = try await client.page(
                    type, namespace: namespace, selector: ListSelector(labels: labels), limit: limit, next: next,
                    metadataOnly: metadataOnly)
            } catch let error as KubernetesError {
                if error.isExpired, next != nil { throw ListExpired() }
                throw ResourcesError(error, field: field)
            }
            version = page.resourceVersion
            next = page.next
            try await body(page.items)
            if paging == .pages, !page.items.isEmpty {
                // Objects may be a megabyte each: a page is as long as memory allows.
                limit = min(Self.longestPage, max(10, Self.pageBytes / max(1, page.size / page.items.count)))
            }
        } while next != nil
        return version
    }
}
