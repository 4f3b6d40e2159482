"""A redis-server behind a relay, on a Unix socket, with a log of what is written; with its ways to be harmed."""
import signal
import socket
import subprocess
import time

from program import PATIENCE
from relay import Relay

DISK_MEGABYTES = 32


class RedisService:
    name = "redis"
    breaker = "redis"
    rubbish = (b"<html>", b"$9223372036854775807\r\nabc", b"*2147483647\r\n", b"*1\r\n:7\r\n", b"+OK\r\n" * 1000,
               b"-LOADING\r\n", b"*1\r\n$20\r\nGC\x01\x01aaaaaaaaaaaaaaaa\r\n", b"\0" * 100_000)

    def __init__(self, folder, disk=None):
        self.disk = disk
        self._folder = folder
        self._data = disk.folder if disk else folder
        self._socket = str(folder / "redis.sock")
        self._process = None
        self.start()
        self.relay = Relay(self._socket)
        self._url = folder / "redis_url"
        self._url.write_text(f"redis://127.0.0.1:{self.relay.port}\n")

    def environment(self):
        return {"GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(self._url),
                "GEOCLIMATE_CACHING__REDIS__TIMEOUT_MS": "100",
                # So that memory forgets, and Redis is asked.
                "GEOCLIMATE_CACHING__PREDICTION_CACHE__TTL_SECONDS": "1"}

    def start(self):
        # What another one left of its log would be read first.
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "yes",
             "--dir", str(self._data), "--logfile", str(self._folder / "log")])
        until = time.monotonic() + PATIENCE
        while b"PONG" not in self.say("PING"):
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError("redis-server does not start")
            time.sleep(0.02)

    def say(self, *words):
        """One command; its answer as bytes, empty when there is none."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.settimeout(PATIENCE)
                connection.connect(self._socket)
                lines = [f"*{len(words)}", *(line for word in words for line in (f"${len(word)}", word)), ""]
                connection.sendall("\r\n".join(lines).encode())
                return connection.recv(65536)
            except OSError:
                return b""

    def kill(self):
        self._process.kill()
        self._process.wait()

    def stop(self):
        self._process.terminate()
        self._process.wait(PATIENCE)

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def fill_memory(self):
        self.say("FLUSHALL")
        self.say("CONFIG", "SET", "maxmemory", "1")

    def free_memory(self):
        self.say("CONFIG", "SET", "maxmemory", "0")

    def need_space(self):
        """A log that has to be written anew has no room either."""
        self.say("BGREWRITEAOF")

    def ensure_runs(self):
        if self._process.poll() is not None:
            self.start()

    def close(self):
        self.relay.__exit__()
        self.kill()
