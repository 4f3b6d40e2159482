"""A PostgreSQL server of a test's own, in a new folder and on a socket in it: Debian's package postgresql-15.

PostgreSQL refuses to be run by root, so root runs it as the package's user. It ends with the process that started it,
whatever that process's end.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

FOLDER = pathlib.Path("/usr/lib/postgresql/15/bin")
PATIENCE = 120
# Without fsync a commit survives the server's end, though not the machine's.
QUICK = ("fsync=off",)


class PostgresServer:
    bin = FOLDER

    def __init__(self, parent=None, settings=QUICK):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="geoclimate-postgres-", dir=parent or memory))
        self.settings = settings
        self.databases = 0
        self.process = None
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "geoclimate", "-E", "UTF8", "--locale=C",
                  "--no-sync", "--no-instructions").wait(PATIENCE)
        self.start()

    def _run(self, program, *arguments):
        command = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:
            command += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        return subprocess.Popen([*command, FOLDER / program, *map(str, arguments)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def start(self):
        """Returns when it takes connections."""
        settings = ["listen_addresses=", "max_connections=100", *self.settings]
        self.process = self._run("postgres", "-D", self.folder / "data", "-k", self.folder,
                                 *(part for setting in settings for part in ("-c", setting)))
        self.wait_until_ready()

    def wait_until_ready(self):
        until = time.monotonic() + PATIENCE
        while subprocess.run([FOLDER / "pg_isready", "-q", "-h", self.folder], check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("the server does not start")
            time.sleep(0.02)

    def stop(self, how=signal.SIGINT):
        """SIGINT ends sessions in good order; SIGKILL is a crash."""
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        # The children of a killed server see it gone and end; a new one would meet their memory.
        until = time.monotonic() + PATIENCE
        while self.processes() and time.monotonic() < until:
            time.sleep(0.02)

    def ended(self):
        return self.process.poll() is not None

    def processes(self):
        """The server's and its children's: they have their working folder in its data."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if os.readlink(entry / "cwd").startswith(str(self.folder / "data")):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def backends(self):
        """The processes of client sessions."""
        pids = self.query("postgres", "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                                      " AND pid <> pg_backend_pid()")
        return [int(pid) for pid in pids]

    def url(self, database):
        return f"postgresql://geoclimate@/{database}?host={self.folder}"

    def new_database(self):
        self.databases += 1
        name = f"test_{self.databases}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return name

    def query(self, database, sql):
        """The rows, a line each with columns between bars."""
        out = subprocess.run([FOLDER / "psql", "-X", "-q", "-A", "-t", self.url(database), "-c", sql], check=True,
                             stdout=subprocess.PIPE, text=True, timeout=PATIENCE).stdout
        return out.splitlines()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
