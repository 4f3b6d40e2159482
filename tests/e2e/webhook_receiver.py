"""A receiver of webhooks: notes what comes and answers as it is told; and how one verifies signatures."""

import base64
import hmac
import http.server
import json
import threading
import time

TOLERANCE = 300


def verify(secret, headers, body, now=None):
    """As docs/alerts.md says it to receivers. Raises ValueError for what was not sent by the server, or is old."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    identifier, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs((now or time.time()) - int(timestamp)) > TOLERANCE:
        raise ValueError("too old, or from the future")
    expected = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, "sha256").digest()
    for signature in headers["webhook-signature"].split(" "):
        version, _, value = signature.partition(",")
        if version == "v1" and hmac.compare_digest(base64.b64decode(value), expected):
            return json.loads(body)
    raise ValueError("not signed with this secret")


class Received:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.id = headers.get("webhook-id")
        self.event = json.loads(body)


class Receiver:
    """`replies` are the statuses of the next answers, or (status, headers); then 204."""

    def __init__(self):
        self.replies, self.received = [], []
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, fields = receiver.take(self.path, self.headers, body)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def take(self, path, headers, body):
        with self.lock:
            fields = {name.lower(): value for name, value in headers.items()}
            self.received.append(Received(path, fields, body))
            reply = self.replies.pop(0) if self.replies else 204
            self.arrived.notify_all()
            return reply if isinstance(reply, tuple) else (reply, {})

    def wait_for(self, condition, patience):
        """Until `condition` of all that came holds; gives a copy of it."""
        with self.lock:
            if not self.arrived.wait_for(lambda: condition(self.received), patience):
                raise AssertionError(f"only these came: {[one.event for one in self.received]}")
            return list(self.received)

    def wait_for_count(self, count, patience):
        return self.wait_for(lambda received: len(received) >= count, patience)

    def count(self):
        with self.lock:
            return len(self.received)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
