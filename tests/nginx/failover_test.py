"""Three servers behind the balancer: who gets what, and what a client notices when one is killed or hangs.

Usage: failover_test.py PROGRAM SOURCE_DIR
"""

import collections
import http.client
import select
import socket
import sys
import unittest

from balancer import PATIENCE, Balancer, Pool, wait_until
from callers import BODY, Callers

HEAD = f" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"


def replace(balancer, name, old, new):
    path = balancer.configuration / name
    text = path.read_text()
    assert old in text, (name, old)
    path.write_text(text.replace(old, new))


class FailoverTest(unittest.TestCase):
    def setUp(self):
        self.pool = self.enterContext(Pool(3))
        self.balancer = Balancer(self.pool)

    def tried(self, index, lines):
        return sum(self.pool.address(index) in line["tried"] for line in lines)

    def failed(self, index):
        """How often a request had to leave that server for another."""
        return sum(self.pool.address(index) in line["tried"][:-1] for line in self.balancer.log())

    def answered(self, index, since=0):
        return sum(line["tried"][-1:] == (self.pool.address(index),) and line["status"] == 200
                   for line in self.balancer.log()[since:])

    def ask(self, path="/predict"):
        """A connection on which a request is under way."""
        client = self.enterContext(
            socket.create_connection(("127.0.0.1", self.balancer.port), timeout=PATIENCE))
        client.sendall(f"POST {path}{HEAD}{BODY}".encode())
        return client

    def answer(self, client):
        response = http.client.HTTPResponse(client)
        response.begin()
        return response.status, response.read()


class DistributionTest(FailoverTest):
    def test_idle_servers_get_the_same(self):
        with self.balancer:
            for _ in range(300):
                self.assertEqual(self.balancer.predict().status, 200)
            shares = collections.Counter(line["server"] for line in self.balancer.log())
        self.assertEqual(len(shares), 3)
        self.assertGreater(min(shares.values()), 80)

    def test_a_server_with_a_request_under_way_gets_none_while_others_are_idle(self):
        replace(self.balancer, "limits.conf", "proxy_read_timeout 5s", "proxy_read_timeout 600s")
        with self.balancer:
            self.pool.pause(0)
            # Idle ones take turns: one of three is held by the server that stands still.
            waiting = [self.ask() for _ in range(3)]
            for _ in range(2):
                ready, _, _ = select.select(waiting, [], [], PATIENCE)
                self.assertEqual(self.answer(ready[0])[0], 200)
                waiting.remove(ready[0])
            for _ in range(30):
                self.assertEqual(self.balancer.predict().status, 200)
            self.assertEqual(self.tried(0, self.balancer.log()), 0)
            self.pool.resume(0)
            self.assertEqual(self.answer(waiting[0])[0], 200)
            wait_until(lambda: self.answered(0) == 1, "it was answered where it waited")


class KilledTest(FailoverTest):
    def test_it_costs_no_client_an_error_and_is_taken_out_and_back_in(self):
        with self.balancer, Callers(self.balancer) as callers:
            callers.wait_for(50)
            self.pool.servers[0].kill()
            wait_until(lambda: self.failed(0) >= 3, "it has failed often enough")
            before = len(self.balancer.log())
            callers.wait_for(300)
            lines = self.balancer.log()[before:]
            # It has no requests under way, so that without its failures it would be the first for all.
            self.assertLess(self.tried(0, lines), len(lines) / 4)
            self.pool.restart(0)
            since = len(self.balancer.log())
            wait_until(lambda: self.answered(0, since) > 10, "it gets requests again")
            callers.__exit__()
            self.assertEqual(callers.lost(), [])

    def test_without_any_server_the_client_is_told_and_they_come_back_by_themselves(self):
        with self.balancer:
            for server in self.pool.servers:
                server.kill()
            refused = self.balancer.predict()
            self.assertEqual(refused.status, 502)
            self.assertEqual(refused.json()["code"], "UNAVAILABLE")
            self.assertEqual(refused.headers["retry-after"], "1")
            for index in range(3):
                self.pool.restart(index)
            wait_until(lambda: self.balancer.predict().status == 200, "they answer again")


class HungTest(FailoverTest):
    def test_it_costs_each_request_one_timeout_at_most_and_is_taken_out_and_back_in(self):
        with self.balancer, Callers(self.balancer) as callers:
            callers.wait_for(50)
            self.pool.pause(0)
            wait_until(lambda: self.failed(0) >= 3, "it has failed often enough")
            before = len(self.balancer.log())
            callers.wait_for(300)
            lines = self.balancer.log()
            self.assertLess(self.tried(0, lines[before:]), len(lines[before:]) / 4)
            self.assertLessEqual(max(len(line["tried"]) for line in lines), 2)
            self.pool.resume(0)
            since = len(lines)
            wait_until(lambda: self.answered(0, since) > 10, "it gets requests again")
            callers.__exit__()
            self.assertEqual(callers.lost(), [])

    def test_a_change_that_a_server_may_have_made_is_not_sent_to_another(self):
        replace(self.balancer, "api.conf", "proxy_read_timeout 35s", "proxy_read_timeout 1s")
        with self.balancer:
            self.pool.pause(0)
            waiting = [self.ask("/v1/observations") for _ in range(3)]
            statuses = collections.Counter(self.answer(client)[0] for client in waiting)
            # These servers have files of models only: two say that there is no such path, one nothing.
            self.assertEqual(statuses, {404: 2, 504: 1})
            line = wait_until(lambda: next((line for line in self.balancer.log() if line["status"] == 504), None), "the log's line")
            self.assertEqual(line["tried"], (self.pool.address(0),))

    def test_a_change_goes_to_another_server_when_the_first_cannot_be_reached(self):
        with self.balancer:
            self.pool.servers[0].kill()
            for _ in range(4):
                self.assertEqual(self.answer(self.ask("/v1/observations"))[0], 404)
            self.assertGreater(self.failed(0), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
