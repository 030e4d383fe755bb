/// How an upload of unknown length is cut. Public limits of S3: 10,000 parts, each but the last of at least 5 MiB, none
/// above 5 GiB, an object of at most 5 TiB.
///
/// The first 133 GiB go in parts of at most 32 MiB, so that memory stays small; what is larger needs larger parts, or there
/// would not be enough of them.
enum PartPlan {
    static let limit = 10_000

    /// The size of a part in bytes.
    /// - Parameter number: from 1.
    static func size(of number: Int) -> Int {
        switch number {
        case ...1000: 8 << 20
        case ...3000: 16 << 20
        case ...6000: 32 << 20
        case ...7000: 128 << 20
        case ...8000: 512 << 20
        default: 2240 << 20
        }
    }

    /// Bytes that may wait for the store or be under way, beside the part that is being filled. One part always may.
    static let budget = 24 << 20
}
