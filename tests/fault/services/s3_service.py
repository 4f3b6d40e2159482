"""A real S3 server behind a relay, its objects on a disk of its own where there may be one; with its ways to be harmed."""
import signal

from relay import Relay
from s3_server import S3Server

DISK_MEGABYTES = 128


class S3Service:
    name = "s3"
    breaker = "storage"
    rubbish = (b"<html>", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
               b"HTTP/1.1 304 Not Modified\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
               b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n", b"\0" * 100_000)

    def __init__(self, program, disk=None):
        self.disk = disk
        self.server = S3Server(program, parent=disk and disk.folder)
        self.relay = Relay(("127.0.0.1", self.server.port))

    def environment(self):
        return {**self.server.environment(), "GEOCLIMATE_STORAGE__S3__ENDPOINT": f"http://127.0.0.1:{self.relay.port}"}

    def kill(self):
        self.server.kill()

    def stop(self):
        self.server.process.terminate()
        self.server.process.wait()

    def start(self):
        self.server.start()

    def pause(self):
        self.server.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.server.process.send_signal(signal.SIGCONT)

    def need_space(self):
        """Each write needs some already."""

    def ensure_runs(self):
        if self.server.process.poll() is not None:
            self.server.start()

    def close(self):
        self.relay.__exit__()
        self.server.__exit__()
