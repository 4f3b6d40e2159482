"""What a process holds: memory, descriptors, threads, by /proc."""

import collections
import os
import pathlib
import re
import statistics
import time

from program import PATIENCE
from soak.tally import Caller


def read_status(pid):
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, value = line.split(":", 1)
        fields[name] = value.split()[0] if value.strip() else ""
    return {"rss": int(fields["VmRSS"]), "anonymous": int(fields["RssAnon"]), "threads": int(fields["Threads"])}


def descriptors(pid):
    """Those of sockets and files. Left out are two kinds that a pool keeps, and opens when it first needs so many: what
    threads wake each other by, and the database's readers."""
    kept = ("anon_inode", ".db", ".db-wal")
    return sum(count for kind, count in descriptor_kinds(pid).items()
               if not kind.startswith(kept[0]) and not kind.endswith(kept[1:]))


def descriptor_kinds(pid):
    """How many there are of each kind, for whoever looks for one too many."""
    kinds = collections.Counter()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            kinds[re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{name}"))] += 1
        except OSError:
            continue
    return dict(kinds)


def await_descriptors(pid, at_most):
    """How many there are once there are so few, or when patience ends."""
    until = time.monotonic() + PATIENCE
    while (now := descriptors(pid)) > at_most and time.monotonic() < until:
        time.sleep(0.05)
    return now


def await_steady_descriptors(pid):
    """Returns when their number has not changed for two seconds."""
    last, since = descriptors(pid), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.05)
        if (now := descriptors(pid)) != last:
            last, since = now, time.monotonic()


class Watcher(Caller):
    """Notes twice a second what a process holds."""

    def __init__(self, pid, *arguments):
        super().__init__(*arguments)
        self.pid = pid
        self.samples = []
        self.start_time = time.monotonic()

    def turn(self):
        at = time.monotonic() - self.start_time
        self.samples.append({"at": at, "descriptors": descriptors(self.pid), **read_status(self.pid)})
        self.stop.wait(0.5)

    def medians(self, field):
        """Of each fifth of the time."""
        size = max(1, len(self.samples) // 5)
        return [statistics.median(sample[field] for sample in self.samples[i * size:(i + 1) * size]) for i in range(5)]
