"""Waiting for conditions: nothing here waits for time to pass."""

import socket
import time

# Long enough for a busy machine.
PATIENCE = 300


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, what, patience=PATIENCE, pause=0.25):
    """The first true answer of `condition`. `what` may be called for what is to be said after all."""
    end = time.monotonic() + patience
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what() if callable(what) else what}")
        time.sleep(pause)
