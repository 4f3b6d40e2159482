"""PostgreSQL behind a relay, on a disk of its own where there may be one, with its ways to be harmed."""
import os
import random
import signal
import subprocess

from postgres import PostgresServer
from relay import Relay

# Segments of the log are few, so that a full disk is met soon.
SETTINGS = ("fsync=off", "max_wal_size=32MB", "min_wal_size=32MB", "shared_buffers=16MB")
DISK_MEGABYTES = 192


class PostgresService:
    name = "postgresql"
    breaker = "database"
    rubbish = (b"<html>", b"E\0\0\0\x08abcd", b"\0" * 10_000, b"R\0\0\0\x08\0\0\0\0" * 100, b"Z\0\0\0\x05I" * 100,
               b"D\x7f\xff\xff\xff", b"T\0\0\0\x06\xff\xff")

    def __init__(self, disk=None):
        self.disk = disk
        self.server = PostgresServer(parent=disk and disk.folder, settings=SETTINGS)
        self.relay = Relay(str(self.server.folder / ".s.PGSQL.5432"))
        self.database = self.server.new_database()
        self._chance = random.Random(20201231)

    def environment(self):
        return {"GEOCLIMATE_DATABASE__URL": f"postgresql://geoclimate@127.0.0.1:{self.relay.port}/{self.database}",
                "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1"}

    def kill(self):
        self.server.stop(signal.SIGKILL)

    def start(self):
        self.server.start()

    def stop(self):
        self.server.stop()

    def _signal(self, number):
        for pid in self.server.processes():
            os.kill(pid, number)

    def pause(self):
        self._signal(signal.SIGSTOP)

    def resume(self):
        self._signal(signal.SIGCONT)

    def kill_session(self):
        """The server takes this for a crash and starts all its sessions anew."""
        try:
            backends = self.server.backends()
            if backends:
                os.kill(self._chance.choice(backends), signal.SIGKILL)
            self.server.wait_until_ready()
        except (subprocess.CalledProcessError, ProcessLookupError):
            pass  # it was starting anew

    def need_space(self):
        """With no room for the next segment of its log it crashes, and cannot start again."""
        subprocess.run([str(self.server.bin / "psql"), "-X", "-q", self.server.url(self.database), "-c",
                        "CREATE TABLE IF NOT EXISTS switch (at timestamptz); INSERT INTO switch VALUES (now());"
                        " SELECT pg_switch_wal()"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ensure_runs(self):
        """What an operator does once there is room again."""
        if self.server.ended():
            self.server.start()

    def close(self):
        self.relay.__exit__()
        self.server.close()
