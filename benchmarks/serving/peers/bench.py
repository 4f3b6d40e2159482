"""One peer after the other: install, start, check its answers, measure it against geoclimate, stop it."""

import json
import os
import time
from dataclasses import dataclass

import servers
import workload
from peers import install, payloads
from peers.clients import Wrk
from peers.launched import HERE, Launched, PeerFailed
from peers.measure import Load, compare
from peers.table import Peer

# Of a prediction's size, at least of 1.
TOLERANCE = 1e-5
# Nobody may call home from a benchmark, or use more than the one core.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "BENTOML_DO_NOT_TRACK": "True", "RAY_USAGE_STATS_ENABLED": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PYTHONPATH": os.path.join(HERE, "python"),
}


@dataclass(frozen=True)
class Options:
    program: str
    root: str
    pairs: int
    seconds: int
    batch_seconds: int


class Bench:
    """Holds one running geoclimate, which every peer is measured against."""

    def __init__(self, options: Options, folder: str) -> None:
        self.options = options
        self.folder = folder
        self.model = install.install_model(options.root)
        with open(os.path.join(self.model, "expected.json")) as file:
            self.expected = json.load(file)
        self.rows, self.batches = payloads.single_rows(), payloads.batches()
        self.scripts: dict[tuple[str, str], str] = {}
        port = servers.free_port()
        self.ours = self.launch("geoclimate", [
            options.program, "--data-dir", os.path.join(folder, "none"), "serve", "--model", os.path.join(self.model, "model.json"), "--threads", "1",
            "--port", str(port), "--management-port", "0", "--metrics-port", "0", "--grpc-port", "0"], port,
            # Every row is computed: a cache would turn the second pass over the rows into look-ups.
            {"GEOCLIMATE_CACHING__PREDICTION_CACHE__ENABLED": "false"})
        try:
            self.our_start = self.ours.seconds_to_answer("/predict", self.body("named", 0), 20)
            self.check(self.ours, "named", "/predict", "/predict/batch")
        except PeerFailed:
            self.ours.stop()
            raise

    def close(self) -> None:
        self.ours.stop()

    def our_cost(self) -> dict:
        return {"seconds_to_answer": round(self.our_start, 3), "megabytes": round(self.ours.megabytes(), 1)}

    def body(self, wire: str, row: int) -> str:
        return payloads.encode(payloads.WIRES[wire].single(self.rows[row]))

    def script(self, wire: str, kind: str) -> str:
        if (wire, kind) not in self.scripts:
            form = payloads.WIRES[wire]
            bodies = [form.single(row) for row in self.rows] if kind == "single" else [form.batch(batch) for batch in self.batches]
            path = os.path.join(self.folder, f"{wire}-{kind}.lua")
            payloads.write_wrk_script(path, [payloads.encode(body) for body in bodies])
            self.scripts[wire, kind] = path
        return self.scripts[wire, kind]

    def launch(self, name: str, command: list[str], port: int, environment: dict[str, str] | None = None) -> Launched:
        home = os.path.join(self.folder, name.replace(" ", "-").replace("/", "-"))
        os.makedirs(home, exist_ok=True)
        given = {**ENVIRONMENT, "MODEL_FOLDER": self.model, "MODEL_FEATURES": ",".join(workload.FEATURES), "PYTHONPYCACHEPREFIX": f"{self.folder}/pycache"}
        return Launched(name, command, port, {**given, **(environment or {})}, os.path.join(home, "log"))

    def start(self, peer: Peer, installed: str) -> Launched:
        port = servers.free_port()
        places = {"here": os.path.join(HERE, peer.folder), "installed": installed, "model": self.model, "port": str(port),
                  "port2": str(servers.free_port()), "port3": str(servers.free_port()), "folder": self.folder}
        if peer.wire == "constant":
            folder = os.path.join(self.folder, "nginx-files")
            os.makedirs(folder, exist_ok=True)
            _, answer = self.ours.post("/predict", self.body("named", 0))
            command = servers.nginx_command(folder, port, len(answer))
        else:
            command = [part.format(**places) for part in peer.command]
        return self.launch(peer.name, command, port, {name: value.format(**places) for name, value in peer.environment.items()})

    def check(self, server: Launched, wire: str, single: str, batch: str) -> None:
        """Its answers are the model's own, or it is not compared."""
        form = payloads.WIRES[wire]
        for row in range(0, len(self.rows), 25):
            self.equal(form.answers(server.ask(single, self.body(wire, row))), [self.expected["rows"][row]], single)
        for number in range(2 if batch else 0):
            answers = form.answers(server.ask(batch, payloads.encode(form.batch(self.batches[number]))))
            self.equal(answers, self.expected["batches"][number], batch)

    @staticmethod
    def equal(answers: list[float], expected: list[float], path: str) -> None:
        if len(answers) != len(expected):
            raise PeerFailed(f"{path}: {len(answers)} predictions for {len(expected)} rows")
        for answer, right in zip(answers, expected):
            if not abs(answer - right) <= TOLERANCE * max(1, abs(right)):
                raise PeerFailed(f"{path}: {answer} where the model says {right}")

    def measure(self, peer: Peer, server: Launched) -> dict:
        wire = "named" if peer.wire == "constant" else peer.wire
        result: dict = {"seconds_to_answer": round(server.seconds_to_answer(peer.single, self.body(wire, 0), peer.start_seconds), 3)}
        if peer.wire != "constant":
            self.check(server, wire, peer.single, peer.batch)
        options = self.options
        for kind, path, our_path, load in (
                ("single", peer.single, "/predict", Load(32, options.pairs, options.seconds, 1)),
                ("batch", peer.batch, "/predict/batch", Load(4, options.pairs, options.batch_seconds, payloads.BATCH_ROWS))):
            if path:
                result[kind] = compare(Wrk(server, path, self.script(wire, kind)), Wrk(self.ours, our_path, self.script("named", kind)), load)
        result["megabytes"] = round(server.megabytes(), 1)
        return result

    def run(self, peer: Peer) -> dict:
        """Whatever goes wrong with a peer is its result; only an end of geoclimate itself is raised."""
        began = time.monotonic()
        result: dict = {"name": peer.name, "version": peer.version, "language": peer.language, "engine": peer.engine, "wire": peer.wire}
        server = None
        try:
            installed = install.install(peer, self.options.root, self.model)
            server = self.start(peer, installed)
            result.update(self.measure(peer, server), status="measured")
        except Exception as error:  # pylint: disable=broad-exception-caught
            result.update(status="failed", error=f"{error}" if isinstance(error, PeerFailed) else repr(error))
            if self.ours.supervisor.poll() is not None:
                raise PeerFailed(f"geoclimate ended:\n{self.ours.log()}") from error
        finally:
            if server is not None:
                # Thousands: it logs each request.
                result["log_lines"] = server.log_lines()
                server.stop()
        result["seconds_in_all"] = round(time.monotonic() - began, 1)
        return result
