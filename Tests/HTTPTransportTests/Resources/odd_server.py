"""Servers below HTTP/1.1, and a proxy. Usage: odd_server.py MODE [CERT KEY]; prints its port.

mute      accepts and never says a word
hangup    accepts and closes
proxy     HTTP proxy: CONNECT to anywhere leads to 127.0.0.1; GET /log tells what was asked
denied    HTTP proxy that answers 407
goaway    HTTP/2: the first connection answers one request and sends GOAWAY to the next
dead      HTTP/2: the first connection answers one request and nothing ever after, as if the network were gone
refused   HTTP/2: the first connection answers one request and refuses the next with RST_STREAM

An HTTP/2 answer is "CONNECTION/STREAM".
"""
import socket
import ssl
import struct
import sys
import threading

log = []


def read_head(stream):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        if not piece:
            return None
        data += piece
    return data.decode("latin-1")


def copy(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(stream, denies):
    head = read_head(stream)
    if head is None:
        return
    line = head.split("\r\n")[0]
    if line.startswith("GET /log"):
        body = "\n".join(log).encode()
        stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return
    log.append(head)
    if denies:
        stream.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return
    port = int(line.split(" ")[1].rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as target:
        stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=copy, args=(target, stream), daemon=True)
        back.start()
        copy(stream, target)
        back.join()


def frame(kind, flags, stream_id, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream_id) + payload


def exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def http2(stream, number, mode):
    DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
    REFUSED_STREAM = 7
    exactly(stream, 24)  # the client's preface
    stream.sendall(frame(SETTINGS, 0, 0))
    answered = 0
    while True:
        head = exactly(stream, 9)
        payload = exactly(stream, int.from_bytes(head[:3], "big"))
        kind, flags, stream_id = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == SETTINGS and not flags & 1:
            stream.sendall(frame(SETTINGS, 1, 0))
        elif kind == HEADERS:
            if number == 1 and answered and mode == "dead":
                continue
            if number == 1 and answered and mode == "refused":
                stream.sendall(frame(RST_STREAM, 0, stream_id, struct.pack(">I", REFUSED_STREAM)))
                continue
            if number == 1 and answered and mode == "goaway":
                stream.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0)))
                continue
            # 0x88 is ":status: 200" of HPACK's static table.
            stream.sendall(frame(HEADERS, 4, stream_id, b"\x88"))
            stream.sendall(frame(DATA, 1, stream_id, f"{number}/{stream_id}".encode()))
            answered += 1


def connection(raw, number, mode):
    try:
        with raw:
            if mode == "mute":
                while raw.recv(65536):
                    pass
            elif mode in ("proxy", "denied"):
                proxy(raw, mode == "denied")
            elif mode in ("goaway", "refused", "dead"):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[2], sys.argv[3])
                context.set_alpn_protocols(["h2"])
                with context.wrap_socket(raw, server_side=True) as stream:
                    http2(stream, number, mode)
    except (OSError, ValueError):
        pass


def main():
    mode = sys.argv[1]
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    # The test that started this holds its standard input: the server ends with it.
    threading.Thread(target=lambda: (sys.stdin.read(), listener.shutdown(socket.SHUT_RDWR)), daemon=True).start()
    number = 0
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        number += 1
        if mode == "hangup":
            raw.close()
            continue
        threading.Thread(target=connection, args=(raw, number, mode), daemon=True).start()


main()
