/// A column of plain `kubectl get`.
struct PrinterColumn: Sendable {
    var name: String
    var type: String
    var path: String
    /// 0 is always shown, 1 with `-o wide`.
    var priority: Int64

    init(_ name: String, type: String = "string", path: String, priority: Int64 = 0) {
        self.name = name
        self.type = type
        self.path = path
        self.priority = priority
    }
}
