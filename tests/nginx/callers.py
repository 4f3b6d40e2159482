"""Clients that keep their connections and ask one prediction after the other until they are told to stop."""

import http.client
import json
import threading

from balancer import PATIENCE, wait_until

BODY = json.dumps({"data": {}})


class Caller(threading.Thread):
    def __init__(self, port, body):
        super().__init__()
        self.port, self.body = port, body
        self.answered = 0
        self.lost = []
        self.stopping = False

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.stopping:
            try:
                connection.request("POST", "/predict", self.body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                text = response.read()
                if response.status != 200:
                    self.lost.append((response.status, text))
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                connection.close()
            self.answered += 1
        connection.close()


class Callers:
    def __init__(self, balancer, count=8, body=BODY):
        self.all = [Caller(balancer.port, body) for _ in range(count)]

    @property
    def answered(self):
        return sum(caller.answered for caller in self.all)

    def wait_for(self, more):
        """Until so many more requests have been answered."""
        enough = self.answered + more
        wait_until(lambda: self.answered >= enough, f"{more} more answers")

    def lost(self):
        return [loss for caller in self.all for loss in caller.lost]

    def __enter__(self):
        for caller in self.all:
            caller.start()
        return self

    def __exit__(self, *_):
        for caller in self.all:
            caller.stopping = True
        for caller in self.all:
            caller.join()
