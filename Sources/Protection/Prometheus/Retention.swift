/// How long a server keeps blocks, as it tells it.
enum ServerRetention {
    /// `15d`, `1y2w`, `15d or 10GiB`.
    /// - Returns: Milliseconds; nil where only the size is limited, or it is not understood.
    static func milliseconds(_ text: String) -> Int64? {
        let factors: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
            ("y", 31_536_000_000),
        ]
        for word in text.split(separator: " ") {
            var rest = word
            var total: Int64 = 0
            var isTime = !rest.isEmpty
            while !rest.isEmpty {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
                guard let number = Int64(digits), let factor = factors.first(where: { $0.0 == unit })?.1 else {
                    isTime = false
                    break
                }
                total += number * factor
                rest = rest.dropFirst(digits.count + unit.count)
            }
            if isTime { return total }
        }
        return nil
    }

    /// Which blocks a server deletes that has these and takes them for its newest: those that end longer than its retention
    /// before the newest ends.
    static func outdated(_ blocks: [PrometheusFingerprint.Block], newest: Int64, retention: Int64)
        -> [PrometheusFingerprint.Block]
    {
        let newest = max(newest, blocks.map(\.maxTime).max() ?? newest)
        return blocks.filter { newest - $0.maxTime > retention }
    }
}
