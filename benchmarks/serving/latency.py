"""How long a caller waits, against NGINX: see README.md."""

import os
import statistics
import urllib.request

import load
import servers
import workload

# Ours over NGINX's, at most. At 80 % of capacity it is only shown.
BARS = {"p50_at_1_connection": 1.15, "p99_at_0.5_of_capacity": 2}
SHARES = (0.5, 0.8)


def ask(bench):
    bodies = os.path.join(bench.folder, "bodies")
    with open(bodies, "w") as file:
        file.writelines(body + "\n" for body in workload.bodies())
    ours = bench.serve_model()
    request = urllib.request.Request(ours.url("/predict"), workload.bodies()[0].encode(), {"Content-Type": "application/json"})
    nginx = servers.Nginx(len(urllib.request.urlopen(request).read()))
    try:
        return measure(bench.options, ours, nginx, ["--body", bodies])
    finally:
        nginx.stop()
        ours.stop()


def measure(options, ours, nginx, what):
    def run(server, connections, *more):
        return load.bench(options.program, server, "/predict", options.seconds, connections, *what, *more)

    figures = {"p50_at_1_connection": compare(options, "p50_at_1_connection", ("p50",), lambda server, seed: run(server, 1), ours, nginx)}
    # By the same client, so that it keeps up with half of it.
    capacity = statistics.median(run(ours, load.CONNECTIONS)["succeeded_per_second"] for _ in range(3))
    figures["capacity_per_second"] = round(capacity)
    for share in SHARES:
        def at_share(server, seed, rate=share * capacity):
            return run(server, load.CONNECTIONS, "--rate", str(round(rate)), "--poisson", "--seed", str(seed))

        name = f"p99_at_{share}_of_capacity"
        figures[name] = compare(options, name, ("p99", "p50", "p99.9"), at_share, ours, nginx)
    return figures


def compare(options, name, quantiles, run, ours, nginx):
    """A B A B ...: the same arrivals for both of a pair. The ratio is of the first quantile."""
    pairs = []
    for seed in range(options.pairs + 1):
        pair = [run(server, seed + 1)["latency_ms"] for server in (nginx, ours)]
        if seed:  # the first is for the caches
            pairs.append(pair)
            load.log("  " + name + ": " + ", ".join(f"{side} " + " ".join(f"{q} {latency[q]:.3f}" for q in quantiles) for side, latency in zip(("nginx", "ours"), pair)) + " ms")
    return {
        "ratio": load.spread([b[quantiles[0]] / a[quantiles[0]] for a, b in pairs]), "bar": BARS.get(name),
        **{f"{side}_{q}_ms": round(statistics.median(pair[number][q] for pair in pairs), 4) for number, side in enumerate(("nginx", "ours")) for q in quantiles},
    }


def failures(result):
    for name, bar in BARS.items():
        if result[name]["ratio"]["median"] > bar:
            yield f"latency: {name} {result[name]['ratio']['median']} × NGINX's, the bar is {bar} ×"
