"""Servers that come and go under one name, as in Kubernetes: NGINX asks the name again and follows.

Usage: discovery_test.py PROGRAM SOURCE_DIR

Needs NGINX 1.27.3 or newer (NGINX_PROGRAM); the images of Kubernetes have it, Debian 12 does not.
"""

import socketserver
import struct
import sys
import threading
import unittest

from balancer import BEHIND, MODEL, Balancer, Pool, free_port, wait_until
from callers import Callers
from program import Server

NAME = "servers.test"


class Names:
    """A name server of one name whose addresses change."""

    def __init__(self):
        self.addresses = []
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                question, channel = self.request
                end = question.index(b"\0", 12) + 5
                is_a = question[end - 4:end - 2] == b"\0\1"
                addresses = list(names.addresses) if is_a else []
                head = question[:2] + struct.pack(">HHHHH", 0x8580, 1, len(addresses), 0, 0)
                records = b"".join(
                    b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + bytes(map(int, address.split(".")))
                    for address in addresses)
                channel.sendto(head + question[12:end] + records, self.client_address)

        self.server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@unittest.skipIf(Balancer.version() < (1, 27, 3), "this NGINX asks a name only when it starts")
class DiscoveryTest(unittest.TestCase):
    def test_servers_are_found_and_left_as_the_name_says_without_a_loss(self):
        port, grpc_port = free_port(), free_port()

        def serve(address):
            return self.enterContext(Server("serve", "--model", MODEL, "--host", address,
                                            environment=BEHIND, port=port, grpc_port=grpc_port))

        servers = {address: serve(address) for address in ("127.0.0.2", "127.0.0.3")}
        with Names() as names, Pool(0) as pool:
            names.addresses = ["127.0.0.2", "127.0.0.3"]
            balancer = Balancer(pool)
            site = balancer.configuration / "site"
            (site / "api_servers.conf").write_text(
                f"server {NAME}:{port} resolve max_fails=3 fail_timeout=5s;\n")
            (site / "grpc_servers.conf").write_text(
                f"server {NAME}:{grpc_port} resolve max_fails=3 fail_timeout=5s;\n")
            with open(site / "http.conf", "a", encoding="utf-8") as file:
                file.write(f"resolver 127.0.0.1:{names.server.server_address[1]} valid=1s ipv6=off;\n")

            def serving(since):
                return {line["server"].split(":")[0] for line in balancer.log()[since:]}

            with balancer, Callers(balancer) as callers:
                wait_until(lambda: serving(0) >= set(servers), "both are asked")
                servers["127.0.0.4"] = serve("127.0.0.4")
                names.addresses = ["127.0.0.3", "127.0.0.4"]

                def is_settled():
                    since = len(balancer.log())
                    callers.wait_for(50)
                    return serving(since) == {"127.0.0.3", "127.0.0.4"}

                wait_until(is_settled, "the new one is asked and the old one is not")
                servers["127.0.0.2"].terminate()
                self.assertEqual(servers["127.0.0.2"].wait(), 0)
                callers.wait_for(100)
            self.assertEqual(callers.lost(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
