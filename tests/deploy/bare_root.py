"""The root file system of a bare Debian 12, and the program running in it: no network of its own, nothing writable but what
it is given, no rights. Needs root."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

PATIENCE = 120
USER = 65532


def mirror():
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm",
                              "Created-By: Packages"], capture_output=True, text=True, check=True).stdout.split()
    return targets[0] if targets else "http://deb.debian.org/debian"


def make(folder):
    """As debian:12-slim: required packages and apt."""
    subprocess.run(["mmdebstrap", "--variant=minbase", "--mode=root", "--quiet",
                    "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                    "bookworm", folder, mirror()], check=True, timeout=1800)


def inside(root, *command, check=True):
    """As root in it, with what packages need to be installed, and the network."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    script = f'mount -t proc proc "{root}/proc" && mount -t devtmpfs devtmpfs "{root}/dev" 2>/dev/null || ' \
             f'mount --rbind /dev "{root}/dev"; exec chroot "{root}" "$@"'
    result = subprocess.run(["unshare", "--mount", "bash", "-c", script, "inside", *map(str, command)],
                            capture_output=True, text=True, check=False, timeout=1800,
                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
    if check and result.returncode != 0:
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


# Read-only, with a folder for state and one for scratch; then no user, no capability, no way to either.
CONFINED = """
set -e
mount --rbind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mkdir -p "$ROOT/models"
mount --bind "$MODELS" "$ROOT/models"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$ROOT/tmp"
mount -t tmpfs -o mode=0750,uid=$USER_ID,gid=$USER_ID,nosuid,nodev tmpfs "$ROOT/var/lib/geo-climate"
mount -o remount,bind,ro "$ROOT"
mount -o remount,bind,ro "$ROOT/models"
exec chroot "$ROOT" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --bounding-set=-all \
  --inh-caps=-all env -i PATH=/usr/bin:/bin "$@"
"""


def confined(root, models, *command):
    """Arguments and environment for subprocess."""
    (root / "var/lib/geo-climate").mkdir(parents=True, exist_ok=True)
    return {"args": ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "bash", "-c", CONFINED,
                     "confined", *map(str, command)],
            "env": {**os.environ, "ROOT": str(root), "MODELS": str(models), "USER_ID": str(USER)}}


class Server:
    """`geoclimate serve` in there, on free ports."""

    def __init__(self, root, models, *command):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            **confined(root, models, *command, "--port", "0", "--management-port", "0", "--metrics-port", "0",
                       "--grpc-port", "0"), stdout=subprocess.PIPE, stderr=self.errors, text=True)
        summary = []
        for line in self.process.stdout:
            summary.append(line)
            if line.endswith("/metrics\n"):
                break
        else:
            self.errors.seek(0)
            raise AssertionError(f"serve ended: {self.errors.read()}")
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/docs", "".join(summary)).group(1))

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def _child(self):
        """What unshare runs: the program itself. It hands signals to nobody."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def status(self):
        """{field: value} of /proc/PID/status of the program itself."""
        text = pathlib.Path(f"/proc/{self._child()}/status").read_text()
        return dict(re.findall(r"^(\w+):\s+(.*)$", text, flags=re.MULTILINE))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if (child := self._child()) is not None:
            os.kill(child, signal.SIGTERM)
        try:
            self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.errors.close()
