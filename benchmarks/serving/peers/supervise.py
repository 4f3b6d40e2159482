"""Runs a server so that none of its processes outlives it: supervise.py CORE PROGRAM [ARGUMENT...]

Adopts what the server orphans (daemons too), and on SIGTERM, at the server's own end or at its parent's death ends
every process below itself: SIGTERM, some seconds of grace, SIGKILL.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

from process_tree import descendants

GRACE_SECONDS = 8
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def send(number: int) -> None:
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def end_all() -> None:
    send(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while descendants(os.getpid()):
        if time.monotonic() > deadline:
            send(signal.SIGKILL)
        time.sleep(0.02)
        reap()


def main() -> None:
    libc = ctypes.CDLL(None)
    parent = os.getppid()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    watched = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    os.sched_setaffinity(0, {int(sys.argv[1])})
    server = subprocess.Popen(sys.argv[2:], start_new_session=True,
                              preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, watched))
    while signal.sigwait(watched) == signal.SIGCHLD and server.poll() is None:
        # Not waitpid(-1): the server's own status is Popen's to read.
        pass
    end_all()


if __name__ == "__main__":
    main()
