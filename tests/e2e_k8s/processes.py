"""The programs of a control plane, as processes of a test."""

import contextlib
import pathlib
import signal
import subprocess
import sys

from waiting import PATIENCE, until

SOURCE = pathlib.Path(sys.argv[2]).resolve()
DEPENDENCIES = SOURCE / "build/deps"
PROGRAMS = {
    "etcd": DEPENDENCIES / "etcd/server",
    "kwok": DEPENDENCIES / "kwok/kwok",
    **{name: DEPENDENCIES / "kubernetes" / name
       for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")},
}


class Processes(contextlib.ExitStack):
    """Ended in the reverse order of their start. What each says is in `folder`/NAME.log."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def start(self, name, *arguments):
        log = open(self.folder / f"{name}.log", "wb")
        self.callback(log.close)
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", PROGRAMS[name], *map(str, arguments)], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.callback(self._stop, process)
        return process

    @staticmethod
    def _stop(process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            # An API server waits for watches that its clients keep.
            process.kill()
            process.wait(timeout=PATIENCE)

    def until(self, process, name, condition):
        """Waits for the condition as long as the process lives."""

        def met():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended: {self.said_last(name)}")
            return condition()

        return until(met, lambda: f"{name}: {self.said_last(name)}")

    def said_last(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
