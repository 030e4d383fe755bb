import KubernetesModel

/// One step of a path in `fieldsV1`.
enum FieldStep: Sendable, Hashable {
    /// A member of an object: `f:replicas`.
    case field(String)
    /// An item of a list of maps, by the values of its keys: `k:{"name":"web"}`.
    case key([String: JSON])
    /// An item of a set: `v:"x"`.
    case value(JSON)
    /// An item of a list by its place: `i:0`. Read and kept; never made.
    case index(Int)
}

/// A set of paths: what a manager owns, or what a comparison found. Empty branches are not kept.
struct FieldSet: Sendable, Hashable {
    /// Paths that end here.
    private(set) var members: Set<FieldStep> = []
    /// Paths that go on.
    private(set) var children: [FieldStep: FieldSet] = [:]

    static let empty = FieldSet()

    init() {}

    init(members: Set<FieldStep>, children: [FieldStep: FieldSet]) {
        self.members = members
        self.children = children.filter { !$0.value.isEmpty }
    }

    /// - Parameter paths: each as the names of members: `["metadata", "name"]`.
    init(paths: [[String]]) {
        for path in paths { insert(path.map { .field($0) }) }
    }

    var isEmpty: Bool { members.isEmpty && children.isEmpty }

    /// The root itself is never a member.
    mutating func insert(_ path: [FieldStep]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<FieldStep>) {
        guard let step = path.first else { return }
        if path.count == 1 {
            members.insert(step)
        } else {
            children[step, default: .empty].insert(path.dropFirst())
        }
    }

    mutating func insert(_ step: FieldStep) { members.insert(step) }

    mutating func insert(_ other: FieldSet, below step: FieldStep) {
        if other.isEmpty { return }
        children[step] = children[step].map { $0.union(other) } ?? other
    }
}

extension FieldSet {
    func union(_ other: FieldSet) -> FieldSet {
        FieldSet(
            members: members.union(other.members), children: children.merging(other.children) { $0.union($1) })
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        var shared: [FieldStep: FieldSet] = [:]
        for (step, child) in children { shared[step] = other.children[step].map { child.intersection($0) } }
        return FieldSet(members: members.intersection(other.members), children: shared)
    }

    /// Without the paths that are in `other`; what is below such a path stays.
    func subtracting(_ other: FieldSet) -> FieldSet {
        var rest = children
        for (step, child) in children { if let away = other.children[step] { rest[step] = child.subtracting(away) } }
        return FieldSet(members: members.subtracting(other.members), children: rest)
    }

    /// Without the paths that are in `other` and all that is below them.
    func removing(_ other: FieldSet) -> FieldSet {
        var rest = children.filter { !other.members.contains($0.key) }
        for (step, child) in rest { if let away = other.children[step] { rest[step] = child.removing(away) } }
        return FieldSet(members: members.subtracting(other.members), children: rest)
    }

    /// With every declared field on the way to a member as a member itself, which sets do not mention otherwise: an
    /// object that has lost all its fields goes with them.
    func withNamedFields(_ shape: FieldShape) -> FieldSet {
        var all = members
        var below: [FieldStep: FieldSet] = [:]
        for (step, child) in children {
            if case .field(let name) = step, shape.declares(name) { all.insert(step) }
            below[step] = child.withNamedFields(shape.child(step))
        }
        return FieldSet(members: all, children: below)
    }

    /// All paths, in the order in which Kubernetes lists them.
    var paths: [[FieldStep]] {
        var result: [[FieldStep]] = []
        collect([], &result)
        return result
    }

    private func collect(_ prefix: [FieldStep], _ result: inout [[FieldStep]]) {
        for step in Set(members).union(children.keys).sorted() {
            if members.contains(step) { result.append(prefix + [step]) }
            children[step]?.collect(prefix + [step], &result)
        }
    }
}
