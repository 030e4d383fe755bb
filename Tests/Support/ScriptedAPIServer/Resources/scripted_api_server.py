"""An API server that answers what it is told to. Usage: scripted_api_server.py CERT KEY [CLIENT_CA]; prints its port.

POST /_script takes a list of rules. A request gets the first rule whose `match` its "METHOD path?query" begins with, and
whose `contains` is in it; a rule with `times` serves so often. What was asked is read back from /_requests.
A rule: status, headers, body (text) or lines (chunked), fragment (bytes a chunk), repeat (of the body),
end: close (default) | hang | reset | short | cut, wait (milliseconds before the answer), hold (until POST /_release).
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

lock = threading.Lock()
rules = []
requests = []
released = threading.Event()


def read_request(stream, pending):
    while b"\r\n\r\n" not in pending:
        piece = stream.recv(65536)
        if not piece:
            return None
        pending += piece
    head, rest = pending.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, value = line.split(":", 1)
        key = name.lower()
        headers[key] = headers[key] + ", " + value.strip() if key in headers else value.strip()
    length = int(headers.get("content-length", 0))
    while len(rest) < length:
        piece = stream.recv(1 << 20)
        if not piece:
            return None
        rest += piece
    return method, path, headers, rest[:length], rest[length:]


def answer(stream, status, body, headers):
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    stream.sendall(("\r\n".join(head) + "\r\n\r\n").encode() + body)


def hang(stream):
    while stream.recv(65536):
        pass


def reset(stream):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def choose(line):
    with lock:
        for rule in rules:
            if line.startswith(rule["match"]) and rule.get("contains", "") in line and rule.get("times", 1) > 0:
                if "times" in rule:
                    rule["times"] -= 1
                return dict(rule)
    return {"status": 404, "body": json.dumps({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "the server could not find the requested resource"})}


def play(stream, rule):
    """Returns whether the connection goes on."""
    time.sleep(rule.get("wait", 0) / 1000)
    if rule.get("hold"):
        released.wait(60)
    end = rule.get("end", "close")
    headers = rule.get("headers", {})
    if "lines" not in rule:
        if end == "reset":
            reset(stream)
            return False
        body = (rule.get("body", "") * rule.get("repeat", 1)).encode()
        if end == "short":
            stream.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 100}\r\n\r\n".encode() + body)
            return False
        if end == "hang":
            hang(stream)
            return False
        answer(stream, rule.get("status", 200), body, headers)
        return True
    stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
    body = "".join(rule["lines"]).encode() * rule.get("repeat", 1)
    size = rule.get("fragment", 1 << 16)
    for start in range(0, len(body), size):
        piece = body[start:start + size]
        stream.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    if end == "hang":
        hang(stream)
    elif end == "reset":
        time.sleep(0.05)
        reset(stream)
    elif end == "close":
        stream.sendall(b"0\r\n\r\n")
        return True
    return False


def serve(stream, peer, offers):
    pending = b""
    while True:
        request = read_request(stream, pending)
        if request is None:
            return
        method, path, headers, body, pending = request
        if path == "/_script":
            with lock:
                rules[:] = json.loads(body)
            answer(stream, 200, b"{}", {})
        elif path == "/_rotate":
            stream.context.load_cert_chain(*json.loads(body))
            answer(stream, 200, b"{}", {})
        elif path == "/_release":
            released.set()
            answer(stream, 200, b"{}", {})
        elif path == "/_requests":
            with lock:
                answer(stream, 200, json.dumps(requests).encode(), {})
        else:
            with lock:
                requests.append({
                    "line": f"{method} {path}", "headers": headers, "body": body.decode("utf-8", "replace"),
                    "client": peer, "offersHTTP2": offers})
            if not play(stream, choose(f"{method} {path}")):
                return


def connection(raw, context):
    try:
        raw.settimeout(120)
        # The protocols that a client would speak stand in its first message in the clear.
        offers = b"\x02h2\x08http/1.1" in raw.recv(8192, socket.MSG_PEEK)
        with context.wrap_socket(raw, server_side=True) as stream:
            subject = (stream.getpeercert() or {}).get("subject", ())
            serve(stream, ",".join(value for part in subject for key, value in part if key == "commonName"), offers)
    except (OSError, ValueError):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.load_verify_locations(sys.argv[3])
        context.verify_mode = ssl.CERT_OPTIONAL
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
