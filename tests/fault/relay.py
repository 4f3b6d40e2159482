"""A relay between a client and a server, in user space, that the tests can make slow, stalled, cut or talk rubbish.

    with Relay(("127.0.0.1", 6379)) as relay:          # or a path, of a Unix socket
        use(f"redis://127.0.0.1:{relay.port}")
        relay.delay(500)      # answers come 500 ms later; their rate stays
        relay.stall()         # nothing passes, connections stay open, new ones are taken
        relay.reset()         # every connection is reset; new ones pass again
        relay.close()         # every connection is closed in order; new ones pass again
        relay.down()          # as reset(), and each new one at once too
        relay.cut(10)         # ten more bytes of answers, then the connection is closed
        relay.garble(b"...")  # in place of any answer
        relay.flow()          # everything passes as if it were not there

It runs as a process of its own, so that it takes nothing from the test's interpreter. Tests in other languages start
`relay.py HOST:PORT` or `relay.py /PATH`, read the port from the first line of its output, and write the same words to its
input, a line each (`delay 500`, `garble 2b4f4b`); each is answered by a line `ok` once it holds. It ends with its input.
"""
import asyncio
import collections
import pathlib
import socket
import struct
import subprocess
import sys

CHUNK = 65536


class Relay:
    def __init__(self, upstream):
        target = upstream if isinstance(upstream, str) else f"{upstream[0]}:{upstream[1]}"
        self._process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), target],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def _say(self, words):
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != "ok":
            raise AssertionError(f"the relay to '{words}': '{answer}'")

    def delay(self, milliseconds):
        self._say(f"delay {milliseconds}")

    def stall(self):
        self._say("stall")

    def reset(self):
        self._say("reset")

    def close(self):
        self._say("close")

    def down(self):
        self._say("down")

    def cut(self, count):
        self._say(f"cut {count}")

    def garble(self, rubbish):
        self._say(f"garble {rubbish.hex()}")

    def flow(self):
        self._say("flow")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


class Connections:
    """What passes, and how, of all connections of one relay."""

    def __init__(self, target):
        self._target = target
        self._open = set()  # writers to clients
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay = 0.0
        self._down = False
        self._rest = None  # bytes of answers that still pass; None: all
        self._rubbish = None

    # Commands.
    def flow(self):
        self._delay, self._down, self._rest, self._rubbish = 0.0, False, None, None
        self._flows.set()

    def delay(self, milliseconds):
        self._delay = int(milliseconds) / 1000

    def stall(self):
        self._flows.clear()

    def reset(self):
        for writer in list(self._open):
            self._abort(writer)

    def close(self):
        for writer in list(self._open):
            writer.close()

    def down(self):
        self._down = True
        self.reset()

    def cut(self, count):
        self._rest = int(count)

    def garble(self, rubbish):
        self._rubbish = bytes.fromhex(rubbish)

    @staticmethod
    def _abort(writer):
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def serve(self, reader, writer):
        """One connection of a client."""
        if self._down:
            return self._abort(writer)
        self._open.add(writer)
        try:
            await self._flows.wait()
            if self._target.startswith("/"):
                up_reader, up_writer = await asyncio.open_unix_connection(self._target)
            else:
                host, port = self._target.rsplit(":", 1)
                up_reader, up_writer = await asyncio.open_connection(host, int(port))
            ways = [asyncio.create_task(self._ask(reader, writer, up_writer)),
                    asyncio.create_task(self._answer(up_reader, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            up_writer.close()
        except (OSError, asyncio.CancelledError):  # cancelled: the relay ends
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _ask(self, reader, writer, up_writer):
        try:
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                if self._rubbish is not None:
                    writer.write(self._rubbish)
                    await writer.drain()
                else:
                    up_writer.write(data)
                    await up_writer.drain()
        except OSError:
            pass

    async def _answer(self, up_reader, writer):
        """Each piece is due a delay after it came, so that a delay takes nothing from the rate."""
        loop = asyncio.get_running_loop()
        due = collections.deque()
        came = asyncio.Event()

        async def send():
            while True:
                while not due:
                    came.clear()
                    await came.wait()
                at, data = due.popleft()
                await asyncio.sleep(max(0.0, at - loop.time()))
                await self._flows.wait()
                if self._rest is not None:
                    data, self._rest = data[:self._rest], max(0, self._rest - len(data))
                writer.write(data)
                await writer.drain()
                if self._rest == 0:
                    writer.close()

        sender = asyncio.create_task(send())
        try:
            while data := await up_reader.read(CHUNK):
                if self._rubbish is None:
                    due.append((loop.time() + self._delay, data))
                    came.set()
            while due:  # what the server said before it closed
                await asyncio.sleep(0.001)
        except OSError:
            pass
        finally:
            sender.cancel()


async def main(target):
    connections = Connections(target)
    server = await asyncio.start_server(connections.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)  # rubbish may be long
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        name, *arguments = line.decode().split()
        known = {"flow", "delay", "stall", "reset", "close", "down", "cut", "garble"}
        if name in known:
            getattr(connections, name)(*arguments)
        print("ok" if name in known else "unknown", flush=True)
    connections.down()
    server.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
