"""A proxy on loopback that leads to a Vault and lies about its snapshots. Ends with its standard input.

usage: lying_proxy.py UPSTREAM CA LIE
"""
import http.server
import ssl
import sys
import threading
import urllib.error
import urllib.request

upstream, authority, lie = sys.argv[1:]
trust = ssl.create_default_context(cafile=authority)


def change(body):
    if lie == "cut":
        return body[: len(body) // 2]
    if lie == "flipped":
        return body[: len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1 :]
    if lie == "empty":
        return b""
    if lie == "text":
        return b"<html>502 Bad Gateway</html>"
    return body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length", 0))
        if lie == "swallow" and self.path.endswith("/snapshot-force"):
            while size := int(self.rfile.readline(), 16) if "chunked" in self.headers.get("Transfer-Encoding", "") else 0:
                self.rfile.read(size + 2)
            self.rfile.read(length)
            self.send_response(204)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            return
        headers = {name: value for name, value in self.headers.items() if name.lower().startswith("x-vault")}
        request = urllib.request.Request(
            upstream + self.path, data=self.rfile.read(length) if length else None, method=self.command, headers=headers)
        try:
            with urllib.request.urlopen(request, context=trust) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        is_snapshot = self.path.endswith("/snapshot")
        if is_snapshot and lie == "elsewhere":
            self.send_response(307)
            self.send_header("Location", upstream + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if is_snapshot:
            body = change(body)
        self.send_response(status)
        if status == 204:
            self.end_headers()
            return
        # As a Vault does: chunks, and an end that says nothing of how much there should have been.
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if body:
            self.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n")
        if is_snapshot and lie == "hangup":
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_PUT = do_POST = handle_any


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
