import KubernetesClient

/// Does the same to several things at once. How many are under way bounds it, not the client's rate.
enum Concurrently {
    /// How many requests go to the API server at once.
    static let width = 8

    /// The results in the order of the items.
    static func map<Item: Sendable, R: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> R
    ) async throws -> [R] {
        try await RequestPace.$current.withValue(.bulk) {
            try await withThrowingTaskGroup(of: (Int, R).self) { group in
                var results: [R?] = Array(repeating: nil, count: items.count)
                var next = 0
                func start() {
                    guard next < items.count else { return }
                    let (index, item) = (next, items[next])
                    next += 1
                    group.addTask { (index, try await body(item)) }
                }
                for _ in 0..<min(width, items.count) { start() }
                while let (index, result) = try await group.next() {
                    results[index] = result
                    start()
                }
                return results.compactMap { $0 }
            }
        }
    }
}
