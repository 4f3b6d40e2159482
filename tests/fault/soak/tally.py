"""What callers counted and found wrong, and the thread that each of them is."""

import collections
import random
import threading
import traceback


class Tally:
    """Thread-safe."""

    MOST_FAULTS = 20

    def __init__(self):
        self._lock = threading.Lock()
        self.counts = collections.Counter()
        self.faults = []
        self.fault_count = 0

    def count(self, kind, amount=1):
        with self._lock:
            self.counts[kind] += amount

    def fault(self, text):
        with self._lock:
            self.fault_count += 1
            if len(self.faults) < self.MOST_FAULTS:
                self.faults.append(text)


class Caller(threading.Thread):
    """Takes one turn after the other until it is told to stop; an exception out of a turn is a fault."""

    def __init__(self, name, seed, tally, stop):
        super().__init__(name=name)
        self.random = random.Random(seed)
        self.tally = tally
        self.stop = stop

    def turn(self):
        raise NotImplementedError

    def close(self):
        pass

    def run(self):
        while not self.stop.is_set():
            try:
                self.turn()
            except Exception:  # whatever it is, the soak has found something
                self.tally.fault(f"{self.name}: {traceback.format_exc(limit=-4)}")
                if self.tally.fault_count > 10 * Tally.MOST_FAULTS:
                    break
        self.close()

    def pick(self, choices):
        """One of the bound methods, by weight: [(method, weight)]."""
        methods, weights = zip(*choices)
        return self.random.choices(methods, weights)[0]
