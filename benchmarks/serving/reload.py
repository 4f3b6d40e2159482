"""Whether callers of one model notice that another is loaded: see README.md."""

import json
import os
import re
import statistics
import subprocess
import time
import urllib.request

import load
import servers
import workload

# Of a turn of an I/O thread, at most.
BAR_SECONDS = 0.001
RELOADS = 100
RATE = 2000
CONNECTIONS = 8
METRIC = "model_swap_stall_seconds"


def ask(bench):
    data = os.path.join(bench.folder, "reload-data")
    os.mkdir(data)
    other = os.path.join(bench.folder, "other.json")
    workload.write_model(other, seed=3)
    import_model(bench, data, bench.model, "asked", "production")
    versions = [import_model(bench, data, other, "other") for _ in range(2)]
    import_model(bench, data, other, "other", "production")
    cached = {"GEOCLIMATE_CACHING__PREDICTION_CACHE__ENABLED": "true"}
    ours = servers.geoclimate(bench.options.program, ["--data-dir", data], cached, [])
    try:
        with open(os.path.join(data, "admin.token")) as file:
            manage = Management(ours, file.read().strip())
        # Only what an alias points at stays loaded beside production: moving it loads one version and frees another.
        manage.put("/models/other/version-policy", {"latest": 1})
        real_time = give_cores(ours)
        seconds = [timed(lambda: manage.point(versions[number % 2])) for number in range(6)]
        duration = int(RELOADS * statistics.median(seconds) * 1.3) + 3
        load.log(f"  a reload takes {1000 * statistics.median(seconds):.1f} ms")
        still = phase(bench, ours, duration, lambda: None)
        loading = phase(bench, ours, duration, lambda: [manage.point(versions[number % 2]) for number in range(RELOADS)])
        return {
            "reloads": RELOADS, "bar_seconds": BAR_SECONDS, "io_thread_real_time": real_time,
            "milliseconds_per_reload": round(1000 * statistics.median(seconds), 1), "without_reloads": still, "with_reloads": loading,
        }
    finally:
        ours.stop()


def import_model(bench, data, path, name, stage=None):
    command = [bench.options.program, "--data-dir", data, "models"]
    model = json.loads(subprocess.run([*command, "import", path, "--name", name, "--json"], check=True, capture_output=True, text=True).stdout)
    if stage:
        subprocess.run([*command, "promote", model["model_id"], "--stage", stage, "--override-gate"], check=True, capture_output=True)
    return model["model_id"]


class Management:
    def __init__(self, server, token):
        self.base = f"http://127.0.0.1:{server.management_port}"
        self.token = token

    def put(self, path, body):
        request = urllib.request.Request(
            self.base + path + "?wait=30", json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}, method="PUT")
        answer = json.load(urllib.request.urlopen(request))
        if not answer["served"]:
            raise SystemExit(f"{path}: not served after 30 s")

    def point(self, version):
        self.put("/models/other/aliases/shown", {"model_id": version})


def timed(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def give_cores(server):
    """The I/O thread has a core to itself, loading the other. Where it is allowed other programs cannot interrupt that thread,
    and loading is not held up by them more than by nobody: it runs at the lowest priority of its own accord."""
    real_time = False
    tasks = f"/proc/{server.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/comm") as file:
            io_thread = file.read().startswith("http-io-")
        os.sched_setaffinity(int(task), {int(servers.SERVER_CORE if io_thread else servers.CLIENT_CORE)})
        try:
            if io_thread:
                os.sched_setscheduler(int(task), os.SCHED_FIFO, os.sched_param(1))
                real_time = True
            else:
                os.setpriority(os.PRIO_PROCESS, int(task), os.getpriority(os.PRIO_PROCESS, 0))
        except PermissionError:
            pass
    return real_time


def phase(bench, server, duration, work):
    before = turns(server)
    command = load.bench_command(bench.options.program, server, "/predict", duration, CONNECTIONS, "--rate", str(RATE), "--predict", "asked")
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(1)  # its warm-up
    took = timed(work)
    report = json.loads(client.communicate()[0])
    if client.returncode or took > duration - 1 or set(report["by_status"]) != {"200"} or report["unanswered"]:
        raise SystemExit(f"reload: {report['by_status']}, {took:.1f} s of loading in {duration} s")
    after = turns(server)
    result = {"latency_ms": report["latency_ms"]}
    result[METRIC] = {"turns": sum(after.values()) - sum(before.values()), "longest_at_most": longest(before, after)}
    load.log(f"  {'no reload' if took < 0.1 else f'{RELOADS} reloads'}: " + ", ".join(f"{name} {value}" for name, value in result.items()))
    return result


def turns(server):
    """Turns of I/O threads beside a reload, by the upper bound of their bucket in seconds."""
    text = urllib.request.urlopen(server.url("/metrics")).read().decode()
    counts, below = {}, 0
    for bound, total in re.findall(rf'^{METRIC}_bucket{{le="([^"]+)"}} (\d+)', text, re.MULTILINE):
        counts[bound] = int(total) - below
        below = int(total)
    return counts


def longest(before, after):
    """Seconds; null where there was no turn."""
    return max((float(bound) for bound in after if after[bound] > before.get(bound, 0)), default=None)


def failures(result):
    stall = result["with_reloads"][METRIC]
    if not stall["turns"]:
        yield "reload: no turn of an I/O thread overlapped a reload"
    elif stall["longest_at_most"] > BAR_SECONDS:
        yield f"reload: an I/O thread stalled up to {stall['longest_at_most']} s, the bar is {BAR_SECONDS} s"
