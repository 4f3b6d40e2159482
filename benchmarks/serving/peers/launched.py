"""Starts a server on the server's core below a supervisor, and measures all of its processes together."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time

import servers
from peers import process_tree

HERE = os.path.dirname(os.path.abspath(__file__))
STOP_SECONDS = 25
LOG_LINES = 12


class PeerFailed(Exception):
    """Why a server is not compared: it could not be installed or started, or it answers wrongly."""


def last_lines(text: str) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-LOG_LINES:])


class Launched:
    def __init__(self, name: str, command: list[str], port: int, environment: dict[str, str], log_path: str) -> None:
        self.name = name
        self.port = port
        self.log_path = log_path
        self.began = time.monotonic()
        with open(log_path, "wb") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, os.path.join(HERE, "supervise.py"), servers.SERVER_CORE, *command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=os.path.dirname(log_path), env={**os.environ, **environment})

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def post(self, path: str, body: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, path: str, body: str) -> dict:
        status, answer = self.post(path, body)
        if status != 200:
            raise PeerFailed(f"{path} is answered {status}: {answer[:500].decode(errors='replace')}")
        return json.loads(answer)

    def seconds_to_answer(self, path: str, body: str, patience: float) -> float:
        """From the birth of the process until a prediction is answered."""
        last = "no connection"
        while time.monotonic() < self.began + patience:
            if self.supervisor.poll() is not None:
                raise PeerFailed(f"it ended while starting:\n{self.log()}")
            try:
                status, answer = self.post(path, body)
                if status == 200:
                    return time.monotonic() - self.began
                last = f"{status} {answer[:300].decode(errors='replace')}"
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.01)
        raise PeerFailed(f"no answer in {patience:.0f} s (last: {last}):\n{self.log()}")

    def log(self) -> str:
        with open(self.log_path, errors="replace") as file:
            return last_lines(file.read())

    def log_lines(self) -> int:
        with open(self.log_path, "rb") as file:
            return sum(1 for _ in file)

    def pids(self) -> list[int]:
        return process_tree.descendants(self.supervisor.pid)

    def cpu_seconds(self) -> float:
        return process_tree.cpu_seconds(self.pids())

    def megabytes(self) -> float:
        return process_tree.resident_megabytes(self.pids())

    def stop(self) -> None:
        pids = self.pids()
        self.supervisor.terminate()
        try:
            self.supervisor.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in pids + self.pids() + [self.supervisor.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.supervisor.wait()
