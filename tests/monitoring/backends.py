"""Redis and PostgreSQL for the watched server, each in a folder of its own on a Unix socket."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from services import PATIENCE, wait_for

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")


class Backend:
    """A program that listens on a socket of its folder; ended by its context manager, whatever its end."""

    def __init__(self, owner=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="geoclimate-backend-"))
        self.owner = owner if os.geteuid() == 0 else None
        if self.owner:
            shutil.chown(self.folder, self.owner, self.owner)
        self.process = None

    def as_owner(self, *command):
        change = ["--reuid", self.owner, "--regid", self.owner, "--clear-groups"] if self.owner else []
        return ["setpriv", "--pdeathsig", "INT", *change, *map(str, command)]

    def start(self):
        self.process = subprocess.Popen(self.as_owner(*self.command()), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(f"{self.command()[0]} to answer", self.answers)

    def stop(self):
        # At SIGTERM PostgreSQL waits for its clients.
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)


class Redis(Backend):
    def command(self):
        return ["redis-server", "--port", "0", "--unixsocket", self.folder / "redis.sock",
                "--save", "", "--appendonly", "no", "--dir", self.folder]

    def answers(self):
        return subprocess.run(["redis-cli", "-s", str(self.folder / "redis.sock"), "ping"],
                              capture_output=True, text=True, check=False).stdout == "PONG\n"

    def settings(self, folder):
        file = folder / "redis-url"
        file.write_text(f"unix://{self.folder}/redis.sock\n")
        return {"GEOCLIMATE_CACHING__REDIS__ENABLED": "true",
                "GEOCLIMATE_CACHING__REDIS__URL_FILE": str(file)}


class Postgres(Backend):
    def __init__(self):
        super().__init__("postgres")
        subprocess.run(self.as_owner(POSTGRES / "initdb", "-D", self.folder / "data", "-A", "trust",
                                     "-U", "geoclimate", "-E", "UTF8", "--locale=C", "--no-sync"),
                       stdout=subprocess.DEVNULL, check=True)

    def command(self):
        return [POSTGRES / "postgres", "-D", self.folder / "data", "-k", self.folder,
                "-c", "listen_addresses=", "-c", "fsync=off"]

    def answers(self):
        return subprocess.run([POSTGRES / "pg_isready", "-h", self.folder, "-U", "geoclimate"],
                              capture_output=True, check=False).returncode == 0

    def settings(self, folder):
        file = folder / "database-url"
        file.write_text(f"postgresql://geoclimate@/postgres?host={self.folder}\n")
        return {"GEOCLIMATE_DATABASE__URL_FILE": str(file),
                "GEOCLIMATE_DATABASE__POOL__HEALTH_CHECK_SECONDS": "1"}


def all_of_them():
    return {"redis": Redis(), "postgres": Postgres()}
