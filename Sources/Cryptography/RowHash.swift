/// A fast 128-bit hash of a row of bytes, for fingerprints that tell whether two tables hold the same rows.
///
/// Not cryptographic: it finds damage and mistakes, not forgeries. The function is fixed for ever, since fingerprints
/// in old manifests are compared with new ones. In words, with 64-bit wrapping arithmetic:
///
/// - `fold(x, y)` is the low half xor the high half of the 128-bit product `x·y`; `rotl` rotates left.
/// - The row, padded with zero bytes to a multiple of 16, is read as pairs `(u, v)` of little-endian words.
/// - Start: `a = K2`, `b = K3`. For every pair:
///   `a = rotl(a, 29) + fold(a ^ u, v ^ K0)` and `b = rotl(b, 29) + fold(b ^ v, u ^ K1)`.
/// - End, with `n` the row's length in bytes before padding: `a = a + n·K4`, `b = b ^ n`,
///   `first = mix(a + rotl(b, 32))`, `second = mix(b + first)`.
/// - `mix(x)`: `x ^= x >> 30`, `x *= 0xbf58476d1ce4e5b9`, `x ^= x >> 27`, `x *= 0x94d049bb133111eb`, `x ^= x >> 31`.
/// - `K0…K4` are the first hexadecimal digits of π after the point, 16 digits each.
///
/// Two lanes see every byte, with the operands exchanged, so that a factor that happens to be zero in one is not in
/// the other; adding the rotated state keeps what was absorbed before even then. The end is a bijection of the state:
/// no bit of it is lost. To make a checksum that does not depend on the rows' order, add the 128-bit numbers
/// `second·2^64 + first` with wrap-around.
public enum RowHash {
    @inlinable
    public static func hash(_ row: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        let count = row.count
        var a: UInt64 = 0xa409_3822_299f_31d0
        var b: UInt64 = 0x082e_fa98_ec4e_6c89
        var offset = 0
        if let start = row.baseAddress {
            let whole = count & ~15
            while offset < whole {
                absorb(word(start + offset), word(start + offset + 8), &a, &b)
                offset += 16
            }
            let rest = count - offset
            if rest >= 8 {
                absorb(word(start + offset), shortWord(start + offset + 8, rest - 8), &a, &b)
            } else if rest > 0 {
                absorb(shortWord(start + offset, rest), 0, &a, &b)
            }
        }
        let length = UInt64(truncatingIfNeeded: count)
        a &+= length &* 0x4528_21e6_38d0_1377
        b ^= length
        let first = mix(a &+ (b << 32 | b >> 32))
        return (first, mix(b &+ first))
    }

    @inlinable
    public static func hash(_ row: [UInt8]) -> (UInt64, UInt64) {
        row.withUnsafeBytes { hash($0) }
    }

    @inlinable @inline(__always)
    static func absorb(_ u: UInt64, _ v: UInt64, _ a: inout UInt64, _ b: inout UInt64) {
        a = (a << 29 | a >> 35) &+ fold(a ^ u, v ^ 0x243f_6a88_85a3_08d3)
        b = (b << 29 | b >> 35) &+ fold(b ^ v, u ^ 0x1319_8a2e_0370_7344)
    }

    @inlinable @inline(__always)
    static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    @inlinable @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var x = value
        x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
        x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
        return x ^ (x >> 31)
    }

    @inlinable @inline(__always)
    static func word(_ address: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: address.loadUnaligned(as: UInt64.self))
    }

    /// 0…7 bytes, without reading past them. Overlapping loads read some bytes twice, each into its own place.
    @inlinable @inline(__always)
    static func shortWord(_ address: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let low = UInt64(UInt32(littleEndian: address.loadUnaligned(as: UInt32.self)))
            let high = UInt64(UInt32(littleEndian: (address + (count - 4)).loadUnaligned(as: UInt32.self)))
            return low | high << UInt64(8 * (count - 4))
        }
        if count == 0 { return 0 }
        let first = UInt64(address.load(as: UInt8.self))
        let middle = UInt64((address + count / 2).load(as: UInt8.self))
        let last = UInt64((address + (count - 1)).load(as: UInt8.self))
        return first | middle << UInt64(8 * (count / 2)) | last << UInt64(8 * (count - 1))
    }
}
