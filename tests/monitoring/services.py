"""Prometheus, Alertmanager and what they notify, as processes and threads of a test on free loopback ports."""

import http.server
import json
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from sources import ALERTMANAGER, JOB, MONITORING, PROMETHEUS, RULE_FILES, read_yaml

# Long enough for a busy machine; nothing waits for it to pass.
PATIENCE = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what, condition):
    """Asks until the condition gives something; a condition that raises OSError is asked again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if found := condition():
                return found
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > until:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.1)


class Service:
    """A program that listens on `port`; ended by its context manager."""

    def __init__(self, folder, arguments, environment=None):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([str(argument) for argument in arguments], cwd=folder,
                                        stdout=self.errors, stderr=self.errors, env=environment)
        wait_for(f"{arguments[0]} to be ready", self._is_ready)

    def _is_ready(self):
        if self.process.poll() is not None:
            self.errors.seek(0)
            raise AssertionError(self.errors.read())
        return self.get("/-/ready", parse=bytes)

    def request(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data,
                                         headers={"Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=PATIENCE)

    def get(self, path, parse=json.loads, **fields):
        query = f"?{urllib.parse.urlencode(fields)}" if fields else ""
        with self.request(path + query) as answer:
            return parse(answer.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        self.errors.close()


class Notified(http.server.ThreadingHTTPServer):
    """Stands for the pager and the chat: keeps what Alertmanager sends, by path."""

    def __init__(self):
        self.messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                self.messages.append((handler.path, json.loads(body)))
                # The pager answers 202 with JSON, the chat 200 with "ok".
                handler.send_response(202 if handler.path == "/pager" else 200)
                handler.end_headers()
                handler.wfile.write(b'{"status":"success"}' if handler.path == "/pager" else b"ok")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def sent_to(self, path):
        return [body for at, body in self.messages if at == path]

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Alertmanager(Service):
    """With the committed configuration, but waiting for company only a moment."""

    def __init__(self, folder, notified):
        folder.mkdir()
        configuration = read_yaml(MONITORING / "alertmanager/alertmanager.yml")
        configuration["templates"] = [str(MONITORING / "alertmanager/templates/*.tmpl")]
        (folder / "chat_url").write_text(f"{notified.url}/chat")
        (folder / "pager_key").write_text("0" * 32)
        configuration["global"] |= {"slack_api_url_file": str(folder / "chat_url"),
                                    "pagerduty_url": f"{notified.url}/pager"}
        for receiver in configuration["receivers"]:
            for pager in receiver.get("pagerduty_configs", []):
                pager["routing_key_file"] = str(folder / "pager_key")
        for route in [configuration["route"], *configuration["route"]["routes"]]:
            route |= {"group_wait": "500ms", "group_interval": "1s"}
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(configuration))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # Debian's build reads its own templates from /usr/share, where they are not: the package is
        # only unpacked. They are put there for this process alone.
        share = ALERTMANAGER.parents[1] / "share"
        start = f'mount --bind "{share}" /usr/share && exec "$0" "$@"'
        super().__init__(folder, ["unshare", "--map-root-user", "--mount", "sh", "-c", start,
                                  ALERTMANAGER, "--config.file=alertmanager.yml",
                                  "--storage.path=data", "--cluster.listen-address=",
                                  f"--web.listen-address=127.0.0.1:{port}"])

    def alerts(self):
        """By name and instance: what holds each back, empty for one that is told."""
        return {(alert["labels"]["alertname"], alert["labels"].get("instance", "")):
                alert["status"]["inhibitedBy"] + alert["status"]["silencedBy"]
                for alert in self.get("/api/v2/alerts")}


class Prometheus(Service):
    """With the committed configuration and rules, each second. Alerts wait a second instead of minutes."""

    def __init__(self, folder, targets, alertmanager, environment):
        folder.mkdir()
        self.targets = folder / "targets.json"
        self.watch(targets)
        configuration = read_yaml(MONITORING / "prometheus/prometheus.yml")
        configuration["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
        configuration["rule_files"] = ["rules/*.yml"]
        configuration["alerting"]["alertmanagers"] = [
            {"static_configs": [{"targets": [alertmanager.url.removeprefix("http://")]}]}]
        for job in configuration["scrape_configs"]:
            job["scrape_timeout"] = "1s"
            if job["job_name"] == JOB:
                job["file_sd_configs"] = [{"files": [str(self.targets)], "refresh_interval": "1s"}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        (folder / "rules").mkdir()
        for file in RULE_FILES:
            (folder / "rules" / file.name).write_text(yaml.safe_dump(self._hurry(read_yaml(file))))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(folder, [PROMETHEUS, "--config.file=prometheus.yml",
                                  "--storage.tsdb.path=data",
                                  "--enable-feature=expand-external-labels",
                                  f"--web.listen-address=127.0.0.1:{port}"], environment)

    @staticmethod
    def _hurry(rules):
        for group in rules["groups"]:
            group.pop("interval", None)
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = "1s"
        return rules

    def watch(self, targets):
        """The servers to scrape, HOST:PORT each."""
        # Renamed into place, so that Prometheus never reads half of it.
        written = self.targets.with_suffix(".part")
        written.write_text(json.dumps([{"targets": list(targets)}]))
        written.rename(self.targets)

    def query(self, expression):
        answer = self.get("/api/v1/query", query=expression)
        return answer["data"]["result"]
