import Cryptography
import Foundation

/// Reads a tar archive as it goes by: names, sizes and digests of its members, and the content of the small ones. Holds
/// a block and no more of anything large.
///
/// Sizes from 8 GiB on do not fit into a header's octal digits. GNU's tar writes them in base 256; Go's, and so Vault, as a
/// record of POSIX's extended header (pax) before the member, whose own field is then 0.
struct TarScanner {
    struct Member: Hashable {
        var name: String
        var bytes: Int64
        var sha256: String
        /// Only of a member up to ``TarScanner/keptSize``.
        var content: [UInt8]?
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    static let keptSize: Int64 = 64 << 10
    private static let mostMembers = 64

    private(set) var members: [Member] = []
    private(set) var hasEnded = false
    private var header: [UInt8] = []
    private var name = ""
    private var size: Int64 = 0
    private var left: Int64 = 0
    private var padding = 0
    private var digest: SHA256?
    private var content: [UInt8] = []
    /// `x`: what follows describes the next member; `g`: all that follow.
    private var kind = UInt8(ascii: "0")
    private var extended: (name: String?, size: Int64?) = (nil, nil)

    /// Of the member that goes by.
    var bytesLeft: Int64 { left }

    mutating func take(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty, !hasEnded {
            if let digest {
                let piece = rest.prefix(Int(min(left, Int64(rest.count))))
                digest.update(piece)
                if size <= Self.keptSize { content += piece }
                left -= Int64(piece.count)
                rest = rest.dropFirst(piece.count)
                if left == 0 { try endMember() }
            } else if padding > 0 {
                let skipped = min(padding, rest.count)
                padding -= skipped
                rest = rest.dropFirst(skipped)
            } else {
                let piece = rest.prefix(512 - header.count)
                header += piece
                rest = rest.dropFirst(piece.count)
                if header.count == 512 { try beginMember() }
            }
        }
    }

    private mutating func beginMember() throws {
        defer { header = [] }
        // An archive ends with blocks of zeros.
        if header.allSatisfy({ $0 == 0 }) { hasEnded = true; return }
        let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        guard try number(148..<156) == Int64(sum) else { throw Malformed(description: "a header's checksum is wrong") }
        name = String(decoding: header[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        size = try number(124..<136)
        kind = header[156]
        if !isDescription {
            name = extended.name ?? name
            size = extended.size ?? size
            extended = (nil, nil)
        } else if size > Self.keptSize {
            throw Malformed(description: "an extended header makes no sense")
        }
        guard size >= 0, members.count < Self.mostMembers else {
            throw Malformed(description: "a header makes no sense")
        }
        left = size
        padding = Int((512 - size % 512) % 512)
        digest = SHA256()
        content = []
        if size == 0 { try endMember() }
    }

    private var isDescription: Bool { kind == UInt8(ascii: "x") || kind == UInt8(ascii: "g") }

    private mutating func endMember() throws {
        guard let digest else { return }
        if isDescription {
            if kind == UInt8(ascii: "x") { try describe() }
            (self.digest, content) = (nil, [])
            return
        }
        members.append(
            Member(
                name: name, bytes: size, sha256: digest.finalizeHex(), content: size <= Self.keptSize ? content : nil))
        self.digest = nil
        content = []
    }

    /// Records of a length in decimal, a space, key=value and a line's end; the length counts all of it.
    private mutating func describe() throws {
        var rest = content[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 2,
                length <= rest.count,
                rest.dropFirst(digits.count).first == 0x20
            else { throw Malformed(description: "an extended header holds no records") }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            rest = rest.dropFirst(length)
            let parts = record.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Malformed(description: "an extended header holds no records") }
            let value = String(decoding: parts[1], as: UTF8.self)
            switch String(decoding: parts[0], as: UTF8.self) {
            case "size":
                guard let bytes = Int64(value), bytes >= 0 else {
                    throw Malformed(description: "an extended header holds no size")
                }
                extended.size = bytes
            case "path": extended.name = value
            default: break
            }
        }
    }

    /// Octal, or base 256 where the first bit is set: a file above 8 GiB.
    private func number(_ range: Range<Int>) throws -> Int64 {
        let field = header[range]
        if let first = field.first, first & 0x80 != 0 {
            return field.dropFirst().suffix(7).reduce(0) { $0 << 8 | Int64($1) }
        }
        let text = String(decoding: field.prefix { $0 != 0 }, as: UTF8.self).filter { $0 != " " }
        guard let value = Int64(text.isEmpty ? "0" : text, radix: 8) else {
            throw Malformed(description: "a header holds no number")
        }
        return value
    }
}
