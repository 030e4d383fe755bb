/// What differs between two fingerprints, in words.
enum FingerprintComparison {
    typealias Difference = PostgresVerification.Difference

    static func differences(
        expected: Fingerprint, found: Fingerprint, onlyCounts: Bool
    ) -> [Difference] {
        var differences: [Difference] = []
        let tables = Dictionary(found.tables.map { (Key($0.schema, $0.name), $0) }) { first, _ in first }
        for table in expected.tables {
            let object = "\(table.schema).\(table.name)"
            guard let other = tables[Key(table.schema, table.name)] else {
                differences.append(Difference(object: object, message: "the table is missing"))
                continue
            }
            if other.rows != table.rows {
                let message = "\(other.rows) rows instead of \(table.rows)"
                differences.append(Difference(object: object, message: message))
            } else if !onlyCounts, other.checksum != table.checksum {
                let message =
                    "its \(table.rows) rows are not the same: checksum \(other.checksum) "
                    + "instead of \(table.checksum)"
                differences.append(Difference(object: object, message: message))
            }
        }
        let sequences = Dictionary(found.sequences.map { (Key($0.schema, $0.name), $0) }) { first, _ in first }
        for sequence in expected.sequences {
            let object = "sequence \(sequence.schema).\(sequence.name)"
            guard let other = sequences[Key(sequence.schema, sequence.name)] else {
                differences.append(Difference(object: object, message: "the sequence is missing"))
                continue
            }
            if other != sequence {
                let message = "at \(other.position) instead of \(sequence.position)"
                differences.append(Difference(object: object, message: message))
            }
        }
        let objects = expected.largeObjects
        if found.largeObjects.count != objects.count {
            let message = "\(found.largeObjects.count) instead of \(objects.count)"
            differences.append(Difference(object: "large objects", message: message))
        } else if !onlyCounts, found.largeObjects != objects {
            differences.append(Difference(object: "large objects", message: "their contents are not the same"))
        }
        return differences
    }

    private struct Key: Hashable {
        var schema: String
        var name: String

        init(_ schema: String, _ name: String) {
            self.schema = schema
            self.name = name
        }
    }
}

extension Fingerprint.Sequence {
    fileprivate var position: String { isCalled ? "\(lastValue)" : "\(lastValue) (not used yet)" }
}
