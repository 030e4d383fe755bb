import Synchronization

/// Items that several tasks take one by one.
final class WorkList<Item: Sendable>: Sendable {
    private let items: Mutex<ArraySlice<Item>>

    init(_ items: [Item]) { self.items = Mutex(items[...]) }

    func next() -> Item? { items.withLock { $0.popFirst() } }
}
