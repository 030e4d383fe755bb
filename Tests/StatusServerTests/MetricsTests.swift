import StatusServer
import Testing

@Suite struct MetricsTests {
    @Test func `series without labels are at 0 from the start, with labels when created or used`() async {
        let metrics = MetricsRegistry()
        _ = metrics.counter("b_total", help: "B.")
        _ = metrics.gauge("a", help: "A.")
        let labelled = metrics.counter("c_total", help: "C.", labels: ["x", "y"])
        labelled.increment(labels: ["2", "é"])
        labelled.create(labels: ["1", ""])
        labelled.create(labels: ["2", "é"])
        _ = metrics.histogram("d", help: "D.", buckets: [1, 2.5])
        #expect(
            await metrics.exposition() == """
                # HELP a A.
                # TYPE a gauge
                a 0
                # HELP b_total B.
                # TYPE b_total counter
                b_total 0
                # HELP c_total C.
                # TYPE c_total counter
                c_total{x="1",y=""} 0
                c_total{x="2",y="é"} 1
                # HELP d D.
                # TYPE d histogram
                d_bucket{le="1"} 0
                d_bucket{le="2.5"} 0
                d_bucket{le="+Inf"} 0
                d_sum 0
                d_count 0

                """)
    }

    @Test func `a histogram's buckets are cumulative and their bounds inclusive`() async {
        let metrics = MetricsRegistry()
        let sizes = metrics.histogram("s", help: "S.", labels: ["k"], buckets: [1, 2, .infinity])
        for value in [0.5, 1, 1.5, 2, 2.5, 100] { sizes.observe(value, labels: ["v"]) }
        let lines = await metrics.exposition().split(separator: "\n").dropFirst(2).map(String.init)
        #expect(
            lines == [
                #"s_bucket{k="v",le="1"} 2"#, #"s_bucket{k="v",le="2"} 4"#, #"s_bucket{k="v",le="+Inf"} 6"#,
                #"s_sum{k="v"} 107.5"#, #"s_count{k="v"} 6"#,
            ])
    }

    @Test(
        arguments: [
            (0, "0"), (-3, "-3"), (1.5, "1.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
            (1_700_000_000, "1700000000"), (1e300, "1e+300"), (0.1, "0.1"),
        ] as [(Double, String)])
    func `numbers are written as Prometheus reads them`(value: Double, text: String) async {
        let metrics = MetricsRegistry()
        metrics.gauge("g", help: "G.").set(value)
        #expect(await metrics.exposition().hasSuffix("\ng \(text)\n"))
    }

    @Test func `asking twice gives the same series, and removing one ends it`() async {
        let metrics = MetricsRegistry()
        metrics.counter("c_total", help: "C.", labels: ["x"]).increment(by: 2, labels: ["1"])
        let again = metrics.counter("c_total", help: "C.", labels: ["x"])
        again.increment(labels: ["1"])
        again.increment(by: -5, labels: ["1"])
        again.increment(by: .nan, labels: ["1"])
        #expect(again.value(labels: ["1"]) == 3)
        again.remove(labels: ["1"])
        #expect(await metrics.exposition() == "# HELP c_total C.\n# TYPE c_total counter\n")
    }

    @Test func `increments from many tasks are all counted`() async {
        let metrics = MetricsRegistry()
        let counter = metrics.counter("c_total", help: "C.", labels: ["x"])
        let histogram = metrics.histogram("h", help: "H.")
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment(labels: ["\(task % 2)"])
                        histogram.observe(0.1)
                    }
                }
            }
        }
        #expect(counter.value(labels: ["0"]) == 4000)
        #expect(counter.value(labels: ["1"]) == 4000)
        #expect(histogram.count() == 8000)
    }
}
