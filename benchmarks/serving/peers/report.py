"""The results as a table, and the bars they are held against."""

import datetime
import os
import platform

from peers.table import Peer

# Rows a second of our JSON batches over those of the fastest peer, at least.
BATCH_BAR = 3.0


def machine() -> dict:
    with open("/proc/cpuinfo") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(), "system": platform.release(),
            "load_before": round(os.getloadavg()[0], 2), "date": datetime.date.today().isoformat()}


def settings(peers: list[Peer]) -> list[dict]:
    return [{"name": peer.name, "setting": row.setting, "quote": row.quote, "source": row.source} for peer in peers for row in peer.settings]


def ratio(found: dict) -> str:
    return f"{found['median']} × ({found['min']}–{found['max']})"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def side(load: dict | None, which: str) -> list[str]:
    if load is None:
        return ["–"] * 4
    found = load[which]
    return [f"{number(found['requests_per_second'])}", number(found["cpu_microseconds_per_row"]), f"{number(found['p50_ms'])} / {number(found['p99_ms'])}",
            number(found["rows_per_second"])]


def row(result: dict) -> list[str]:
    single, batch = result.get("single"), result.get("batch")
    rate, cpu, latency, _ = side(single, "peer")
    _, batch_cpu, _, rows = side(batch, "peer")
    return [
        f"{result['name']} ({result['version']})", result["language"], rate, cpu, latency, ratio(single["cpu_ratio"]), rows, batch_cpu,
        ratio(batch["cpu_ratio"]) if batch else "–", ratio(batch["rate_ratio"]) if batch else "–", number(result["megabytes"]), number(result["seconds_to_answer"])]


def our_row(results: dict, measured: list[dict]) -> list[str]:
    """From the first peer that has both loads, else the first."""
    found = next((result for result in measured if "batch" in result), measured[0])
    rate, cpu, latency, _ = side(found["single"], "ours")
    _, batch_cpu, _, rows = side(found.get("batch"), "ours")
    return ["**geoclimate**", "C++", rate, cpu, latency, "1", rows, batch_cpu, "1", "1", number(results["ours"]["megabytes"]), number(results["ours"]["seconds_to_answer"])]


def lines(header: list[str], rows: list[list[str]]) -> str:
    return "".join("| " + " | ".join(cells) + " |\n" for cells in [header, ["---"] * len(header), *rows])


def markdown(results: dict) -> str:
    where, options = results["machine"], results["options"]
    measured = [result for result in results["peers"] if result["status"] == "measured"]
    failed = [result for result in results["peers"] if result["status"] == "failed"]
    text = (f"{where['cores']} cores of {where['cpu']}, {where['date']}, load before {where['load_before']}; server on core 0, wrk on core 1; "
            f"{options['pairs']} pairs of {options['seconds']} s (batches {options['batch_seconds']} s); median (smallest–largest).\n\n")
    header = ["server", "language", "1 row: requests/s", "CPU µs", "p50 / p99 ms", "CPU over ours", "1,000 rows: rows/s", "CPU µs a row", "CPU over ours",
              "our rows/s over its", "MB", "start, s"]
    if measured:
        text += lines(header, [our_row(results, measured)] + [row(result) for result in measured])
    if failed:
        text += "\nNot compared:\n\n" + "".join(f"- {result['name']} ({result['version']}): `{' '.join(result['error'].split())}`\n" for result in failed)
    quotes = [[found["name"], found["setting"], f"“{found['quote']}” ({found['source']})"] for found in results["settings"]]
    return text + "\n" + lines(["server", "set", "as its documentation says"], quotes)


def missed(results: dict, peers: list[Peer]) -> list[str]:
    measured = {result["name"]: result for result in results["peers"] if result["status"] == "measured"}
    found = []
    for peer in peers:
        if peer.bar and peer.name in measured:
            seen = measured[peer.name]["single"]["cpu_ratio"]["median"]
            if seen < peer.bar:
                found.append(f"{peer.name}: a row costs it {seen} × ours, the bar is {peer.bar} ×")
    batches = [result for result in measured.values() if "batch" in result]
    if batches:
        # Within pairs: what else the machine did meanwhile met both.
        fastest = min(batches, key=lambda result: result["batch"]["rate_ratio"]["median"])
        seen = fastest["batch"]["rate_ratio"]["median"]
        if seen < BATCH_BAR:
            found.append(f"batches of 1,000 rows: {seen} × the fastest peer ({fastest['name']}), the bar is {BATCH_BAR} ×")
    return found
