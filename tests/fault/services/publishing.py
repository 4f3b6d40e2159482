"""Somebody who publishes versions of a model while the store of models is harmed, one after the other."""
import os
import subprocess
import threading

from program import PROGRAM

PAUSE = 3  # between versions, each of which both servers then look at


class PublishingCaller(threading.Thread):
    def __init__(self, installation, name, file):
        super().__init__()
        self._command = [PROGRAM, "--data-dir", str(installation.data), "models", "import", str(file), "--name", name]
        self._environment = {**os.environ, **installation.stored}
        self._ends = threading.Event()
        self.acknowledged = []
        self.failed = 0  # or unknown

    def run(self):
        while not self._ends.wait(PAUSE):
            with subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True) as running:
                while running.poll() is None and not self._ends.wait(0.02):
                    pass
                if running.poll() is None:
                    running.kill()  # what it would have said nobody knows
                    self.failed += 1
                elif running.returncode == 0:
                    self.acknowledged.append(running.stdout.read().split()[1])
                else:
                    self.failed += 1

    def stop(self):
        self._ends.set()
        self.join()

    def judge(self, versions):
        """What was acknowledged and is not there once."""
        return [f"version {version} is there {versions.count(version)} times" for version in self.acknowledged
                if versions.count(version) != 1]
