"""Reference of RowHash, written from its documentation. Reads one row in hexadecimal a line, prints both halves."""
import sys

MASK = 2**64 - 1
K = [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89, 0x452821E638D01377]


def rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def fold(x, y):
    return (x * y & MASK) ^ (x * y >> 64)


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def row_hash(row):
    a, b = K[2], K[3]
    padded = row + bytes(-len(row) % 16)
    for i in range(0, len(padded), 16):
        u = int.from_bytes(padded[i:i + 8], "little")
        v = int.from_bytes(padded[i + 8:i + 16], "little")
        a = (rotl(a, 29) + fold(a ^ u, v ^ K[0])) & MASK
        b = (rotl(b, 29) + fold(b ^ v, u ^ K[1])) & MASK
    a, b = (a + len(row) * K[4]) & MASK, b ^ len(row)
    first = mix((a + rotl(b, 32)) & MASK)
    return first, mix((b + first) & MASK)


if __name__ == "__main__":
    for line in sys.stdin:
        print("%016x %016x" % row_hash(bytes.fromhex(line.strip())))
