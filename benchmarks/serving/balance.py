"""How evenly the I/O threads share 64 connections: see README.md."""

import os
import random
import socket

import load
import servers

# Connections of the thread with the most over the mean, at most.
BAR = 1.2
CONNECTIONS = 64
THREADS = (2, 4, 7)
ROUNDS = 20


def ask(bench):
    return {"bar": BAR, **{f"{threads}_threads": measure(bench, threads) for threads in THREADS}}


def measure(bench, threads):
    """As they were opened, and each time a random part of them has been closed and opened again."""
    ours = servers.geoclimate(bench.options.program, ["--data-dir", os.path.join(bench.folder, "none")], None,
                              ["--model", bench.model], threads=threads)
    random_numbers = random.Random(threads)
    connections = []
    try:
        ratios = []
        for _ in range(ROUNDS + 1):
            connections += [open_and_ask(ours.port) for _ in range(CONNECTIONS - len(connections))]
            counts = per_thread(ours, threads)
            if sum(counts) != CONNECTIONS:
                raise SystemExit(f"balance: {counts} are not {CONNECTIONS} connections")
            ratios.append(max(counts) / (CONNECTIONS / threads))
            random_numbers.shuffle(connections)
            for connection in connections[:CONNECTIONS // 4]:
                close(connection)
            del connections[:CONNECTIONS // 4]
        load.log(f"  {threads} threads: {ratios[0]:.3f} at first, {max(ratios):.3f} at most")
        return {"max_over_mean_at_first": round(ratios[0], 3), "max_over_mean": load.spread(ratios), "last_counts": counts}
    finally:
        for connection in connections:
            connection.close()
        ours.stop()


def open_and_ask(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.recv(4096)
    return connection


def close(connection):
    """Returns when the server has closed its end too."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass
    connection.close()


def per_thread(server, threads):
    """What each thread's epoll watches, of the sockets that are connected to the server's port."""
    folder = f"/proc/{server.process.pid}"
    established = set()
    with open(f"{folder}/net/tcp") as file:
        for line in list(file)[1:]:
            words = line.split()
            if int(words[1].split(":")[1], 16) == server.port and words[3] == "01":
                established.add(f"socket:[{words[9]}]")
    links = {}
    for name in os.listdir(f"{folder}/fd"):
        try:
            links[name] = os.readlink(f"{folder}/fd/{name}")
        except FileNotFoundError:
            continue
    counts = []
    for name, link in links.items():
        if link != "anon_inode:[eventpoll]":
            continue
        with open(f"{folder}/fdinfo/{name}") as file:
            watched = [line.split()[1] for line in file if line.startswith("tfd:")]
        counts.append(sum(links.get(target) in established for target in watched))
    # Others' epolls, gRPC's, watch none of them.
    return sorted(counts, reverse=True)[:threads]


def failures(result):
    for threads in THREADS:
        worst = result[f"{threads}_threads"]["max_over_mean"]["median"]
        if worst > BAR:
            yield f"balance: {worst} × the mean on one of {threads} threads, the bar is {BAR} ×"
