"""geoclimate beside other model servers, each with the same model, rows and core: see ../README.md.

    run.py [--quick] [--list] [--install] [--pairs N] [--seconds N] [--batch-seconds N] [--program FILE] [--out FILE] [PEER...]

PEER: part of a name in table.toml; all by default. Writes FILE (JSON) and beside it the same as Markdown. Ends with 1 when
a bar is missed, with 0 also when a peer could not be run: the table names its error.
"""

import argparse
import json
import os
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import servers  # noqa: E402
from peers import install, report, table  # noqa: E402
from peers.bench import Bench, Options  # noqa: E402
from peers.launched import PeerFailed  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*")
    parser.add_argument("--quick", action="store_true", help="NGINX and the four that the bars name")
    parser.add_argument("--list", action="store_true", help="name the peers and end")
    parser.add_argument("--install", action="store_true", help="install the peers and end")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each load of single rows")
    parser.add_argument("--batch-seconds", type=int, default=2, help="of each load of batches")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/geoclimate"))
    parser.add_argument("--installed", default=os.path.join(ROOT, "build/bench-peers"), help="where the peers are installed")
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench/serving-peers.json"))
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[table.Peer]:
    peers = [peer for peer in table.read() if peer.quick or not options.quick]
    names = [name.lower() for name in options.peers]
    found = [peer for peer in peers if not names or any(name in peer.name.lower() for name in names)]
    if not found:
        raise SystemExit(f"no peer is named so: {', '.join(peer.name for peer in table.read())}")
    return found


def save(results: dict, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(results, file, indent=1)
    with open(os.path.splitext(path)[0] + ".md", "w") as file:
        file.write(report.markdown(results))


def line(result: dict) -> str:
    if result["status"] == "failed":
        return f"  not compared: {result['error']}"
    single = result["single"]
    text = f"  one row: {single['cpu_ratio']['median']} x our CPU, {single['peer']['requests_per_second']:.0f} against {single['ours']['requests_per_second']:.0f} requests/s"
    if "batch" in result:
        batch = result["batch"]
        text += f"; 1000 rows: {batch['cpu_ratio']['median']} x, {batch['peer']['rows_per_second']} against {batch['ours']['rows_per_second']} rows/s"
    return f"{text}; {result['seconds_in_all']} s in all"


def run_all(peers: list[table.Peer], options: argparse.Namespace) -> dict:
    results: dict = {"machine": report.machine(), "options": {"pairs": options.pairs, "seconds": options.seconds, "batch_seconds": options.batch_seconds},
                     "settings": report.settings(peers), "peers": []}
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as folder:
        log("== the model in every form")
        bench = Bench(Options(options.program, os.path.abspath(options.installed), options.pairs, options.seconds, options.batch_seconds), folder)
        try:
            for peer in peers:
                log(f"== {peer.name} {peer.version}")
                results["peers"].append(bench.run(peer))
                results["ours"] = bench.our_cost()
                save(results, options.out)
                log(line(results["peers"][-1]))
        finally:
            bench.close()
    return results


def install_all(peers: list[table.Peer], root: str) -> int:
    model = install.install_model(root)
    failed = 0
    for peer in peers:
        log(f"== {peer.name} {peer.version}")
        try:
            install.install(peer, root, model)
        except PeerFailed as error:
            failed = 1
            log(str(error))
    return failed


def main() -> int:
    options = parse()
    peers = chosen(options)
    if options.list:
        print("\n".join(peer.name for peer in peers))
        return 0
    if options.install:
        return install_all(peers, os.path.abspath(options.installed))
    # So that every server is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.sched_setaffinity(0, {int(servers.CLIENT_CORE)})
    try:
        results = run_all(peers, options)
    except PeerFailed as error:
        raise SystemExit(f"geoclimate itself, or what is needed to measure it: {error}") from error
    print(report.markdown(results))
    missed = report.missed(results, peers)
    for text in missed:
        log(f"MISSED {text}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
