import Testing

@testable import APIMachinery

@Suite("A quantity")
struct QuantityTests {
    @Test(
        "is stored in one way",
        arguments: [
            ("0.5", "500m"), ("1024Mi", "1Gi"), ("250m", "250m"), ("1000m", "1"), ("1", "1"), ("0", "0"),
            ("1500", "1500"),
            ("1000", "1k"), ("0.5Gi", "512Mi"), ("1536Mi", "1536Mi"), ("100Ki", "100Ki"), ("-1000m", "-1"),
            ("1e3", "1e3"),
            ("1.5k", "1500"), ("no", "no"), ("", ""), ("1.2.3", "1.2.3"), ("1Xi", "1Xi"),
        ])
    func canonical(text: String, expected: String) { #expect(Quantity.canonical(text) == expected) }
}
