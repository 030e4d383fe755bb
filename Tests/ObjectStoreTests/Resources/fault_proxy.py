"""A TLS proxy before an S3 server that breaks what it is told to. Usage:

    fault_proxy.py CERT KEY UPSTREAM_PORT UPSTREAM_CA RULES

prints its port, and ends with its input. RULES is a JSON list; the first rule that fits a request is used:
    {"match": REGEX of "METHOD PATH?QUERY", "fault": NAME, "times": N (default 1, -1 for ever), "skip": N}
    {"every": N, "faults": [NAME, …]}   breaks each Nth request, with one fault after the other, never twice in a row
"""
import http.client
import http.server
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time

certificate, key, upstream_port, authority, rules = sys.argv[1:]
rules = json.loads(rules)
lock = threading.Lock()
seen = 0
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
trust = ssl.create_default_context(cafile=authority)
hop_by_hop = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


def choose(line):
    global seen
    with lock:
        seen += 1
        for rule in rules:
            if "every" in rule:
                if seen % rule["every"] == 0:
                    return rule["faults"][seen // rule["every"] % len(rule["faults"])]
                continue
            if not re.search(rule["match"], line):
                continue
            if rule.get("skip", 0) > 0:
                rule["skip"] -= 1
                continue
            if rule.setdefault("times", 1) == 0:
                continue
            rule["times"] -= 1
            return rule["fault"]
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        return True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def answer(self, status, headers, body, length=None):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in hop_by_hop | {"content-length"}:
                self.send_header(name, value)
        declared = dict((n.lower(), v) for n, v in headers).get("content-length")
        if self.command == "HEAD":
            self.send_header("Content-Length", length if length is not None else declared or 0)
            body = b""
        else:
            self.send_header("Content-Length", length if length is not None else len(body))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, status, code, headers=()):
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>on purpose</Message></Error>".encode()
        self.answer(status, [("Content-Type", "application/xml"), *headers], body)

    def forward(self, body):
        upstream = http.client.HTTPSConnection("localhost", int(upstream_port), context=trust, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in hop_by_hop | {"expect"}:
                    upstream.putheader(name, value)
            upstream.endheaders()
            if body:
                upstream.send(body)
            reply = upstream.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            upstream.close()

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = choose(f"{self.command} {self.path}")
        if fault == "reset" or fault == "truncate" and self.command == "HEAD":
            return self.reset()
        if fault == "mute":
            # Takes the request, and never says a word: until the client has had enough.
            self.connection.recv(1)
            self.close_connection = True
            return
        if fault and fault.isdigit():
            code = {"503": "SlowDown", "429": "TooManyRequests", "507": "XMinioStorageFull"}.get(fault, "InternalError")
            return self.refuse(int(fault), code, [("Retry-After", "1")] if fault == "429" else [])
        if fault and fault.startswith("code:"):
            _, status, code = fault.split(":")
            return self.refuse(int(status), code)
        if fault == "moved":
            return self.answer(301, [("x-amz-bucket-region", "eu-central-7")], b"")
        if fault == "no-checksums" and any(n.lower().startswith("x-amz-checksum") for n in self.headers):
            body = b"<Error><Code>InvalidArgument</Code><Message>Unsupported header x-amz-checksum-sha256</Message></Error>"
            return self.answer(400, [("Content-Type", "application/xml")], body)
        if fault == "skewed":
            return self.refuse(403, "RequestTimeTooSkewed", [("Date", self.date_time_string())])
        if fault == "token":
            signed = "x-amz-security-token" in self.headers["Authorization"].split("SignedHeaders=")[1]
            return self.answer(200, [("ETag", self.headers["x-amz-security-token"] if signed else "unsigned")], b"")
        if fault == "failed-200":
            return self.refuse(200, "InternalError")
        if fault == "unhandled-200":
            return self.answer(200, [], b"")
        if fault == "garble":
            body = bytes([body[0] ^ 1]) + body[1:]
        status, headers, answer = self.forward(body)
        if fault == "lost":
            return self.reset()
        if fault == "freeze":
            # Stands still in the middle of the answer, where there is one.
            self.send_response_only(status)
            self.send_header("Content-Length", len(answer) + 1)
            self.end_headers()
            self.wfile.write(answer)
            self.wfile.flush()
            self.connection.recv(1)
            self.close_connection = True
            return
        if fault == "delay":
            time.sleep(0.3)
        if fault == "truncate":
            self.answer(status, headers, answer[: len(answer) // 2], length=len(answer))
            return self.reset()
        if fault == "short":
            return self.answer(status, headers, answer[:-1])
        if fault == "flip":
            answer = bytes([answer[0] ^ 1]) + answer[1:]
        if fault == "other-length":
            return self.answer(status, headers, answer, length=4711)
        if fault == "no-etag":
            headers = [h for h in headers if h[0].lower() != "etag"]
        if fault == "other-etag":
            headers = [("ETag", '"00000000000000000000000000000000"') if h[0].lower() == "etag" else h for h in headers]
        if fault == "whole":
            self.headers.__delitem__("Range")
            status, headers, answer = 200, headers, answer * 3
        self.answer(status, headers, answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def get_request(self):
        stream, address = super().get_request()
        return context.wrap_socket(stream, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
