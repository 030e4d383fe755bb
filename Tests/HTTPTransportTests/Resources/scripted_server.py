"""A TLS server that misbehaves on request. Usage: scripted_server.py CERT KEY [CLIENT_CA]; prints its port.

The path says what it does. What it saw is read back from /seen/NAME.
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

seen = {"open": 0}
lock = threading.Lock()
released = threading.Event()


def count(name, step):
    with lock:
        seen[name] = seen.get(name, 0) + step


def read_head(stream):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        if not piece:
            return None
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    return method, path, headers, rest


def read_body(stream, headers, rest):
    """Counts and returns the whole body."""
    rest = bytearray(rest)
    if "content-length" in headers:
        length = int(headers["content-length"])
        while len(rest) < length:
            piece = stream.recv(1 << 20)
            if not piece:
                raise ConnectionError
            rest += piece
        return rest
    if headers.get("transfer-encoding") != "chunked":
        return b""
    body = bytearray()
    while True:
        while b"\r\n" not in rest:
            rest += stream.recv(65536)
        size, rest = rest.split(b"\r\n", 1)
        count = int(size, 16)
        while len(rest) < count + 2:
            rest += stream.recv(1 << 20)
        body, rest = body + rest[:count], rest[count + 2:]
        if count == 0:
            return body


def reset(stream):
    """Closes with RST."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def drain(stream):
    """Until the client is gone."""
    while stream.recv(65536):
        pass


def answer(stream, body, status="200 OK", headers=()):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    stream.sendall(("\r\n".join(head) + "\r\n\r\n").encode() + body)


def chunked(stream, pieces):
    stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in pieces:
        stream.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    stream.sendall(b"0\r\n\r\n")


def serve(stream):
    served = -1
    while True:
        served += 1
        request = read_head(stream)
        if request is None:
            return
        method, path, headers, rest = request
        name = path.split("?")[0].split("/")[1]
        count("at-" + name, 1)
        if name == "hello":
            read_body(stream, headers, rest)
            answer(stream, f"hello {method}".encode(), headers=["X-Two: a", "X-Two: b"])
        elif name == "interim":
            stream.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            answer(stream, b"final")
        elif name == "echo":
            answer(stream, read_body(stream, headers, rest))
        elif name == "length":
            body = read_body(stream, headers, rest)
            answer(stream, json.dumps({"length": len(body), "headers": headers}).encode())
        elif name == "fragments":
            body = b"a line that comes byte by byte\n" * 3
            stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in body:
                stream.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
            stream.sendall(b"0\r\n\r\n")
        elif name == "longline":
            chunked(stream, [b"x" * 65536] * 32 + [b"\n"])
        elif name == "frozen":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart")
            drain(stream)
            return
        elif name == "silent":
            drain(stream)
            return
        elif name == "reset":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nstart")
            time.sleep(0.05)
            reset(stream)
            return
        elif name == "short":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            return
        elif name == "big":
            total = int(path.split("/")[2])
            stream.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n".encode())
            sent = 0
            try:
                while sent < total:
                    piece = b"z" * min(65536, total - sent)
                    stream.sendall(piece)
                    sent += len(piece)
                    seen["big"] = sent
            except OSError:
                seen["big-cut"] = sent
                return
        elif name == "busy":
            answer(stream, b"slow down", "429 Too Many Requests", ["Retry-After: 7"])
        elif name == "refuse":
            # Refuses at once, and goes on to take what the client may still send.
            stream.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            drain(stream)
            return
        elif name == "hurry":
            # Agrees before it has read the body.
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            read_body(stream, headers, rest)
            stream.sendall(b"done")
        elif name == "slow":
            # Reads the body only after /release.
            released.wait(60)
            body = read_body(stream, headers, rest)
            answer(stream, str(len(body)).encode())
        elif name == "release":
            released.set()
            answer(stream, b"")
        elif name == "agreed":
            # Agrees, takes so much that the client must have seen it, and then nothing until /release.
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            taken = 0
            while taken < 16 << 20:
                taken += len(stream.recv(1 << 20))
            count("agreed-taken", 1)
            released.wait(60)
            drain(stream)
            return
        elif name == "deaf":
            # Takes nothing until /release, and says nothing.
            released.wait(60)
            drain(stream)
            return
        elif name == "cutupload":
            reset(stream)
            return
        elif name == "stale":
            # Answers the first request of a connection, and dies of the second before it has answered a byte.
            read_body(stream, headers, rest)
            if served:
                return
            answer(stream, b"fresh")
        elif name == "path":
            answer(stream, path.encode())
        elif name == "open":
            answer(stream, str(seen["open"]).encode())
        elif name == "rotate":
            stream.context.load_cert_chain(*path.split("?")[1].split(","))
            answer(stream, b"")
        elif name == "seen":
            answer(stream, json.dumps(seen.get(path.split("/")[2], 0)).encode())
        else:
            answer(stream, b"unknown", "404 Not Found")


def connection(raw, context):
    try:
        raw.settimeout(120)
        with context.wrap_socket(raw, server_side=True) as stream:
            count("open", 1)
            count("connections", 1)
            try:
                serve(stream)
            finally:
                count("open", -1)
    except (OSError, ValueError):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.load_verify_locations(sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    # The test that started this holds its standard input: the server ends with it.
    threading.Thread(target=lambda: (sys.stdin.read(), listener.shutdown(socket.SHUT_RDWR)), daemon=True).start()
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=connection, args=(raw, context), daemon=True).start()


main()
