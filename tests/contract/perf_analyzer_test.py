"""NVIDIA's perf_analyzer against the server: it asks for metadata, configuration and statistics, and loads both protocols."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from golden_models import ONE, SOURCE, golden, serve, stop

DEPENDENCIES = SOURCE / "build/deps"
PROGRAM = next((DEPENDENCIES / "tritonclient").glob("*/data/bin/perf_analyzer"))
CUDA = DEPENDENCIES / "nvidia-cuda-runtime-cu12/nvidia/cuda_runtime/lib"
REQUESTS = 200
SERVER = None


def setUpModule():
    global SERVER
    os.chmod(PROGRAM, 0o755)
    SERVER = serve()


def tearDownModule():
    stop(SERVER)


class PerfAnalyzerTest(unittest.TestCase):
    def analyze(self, *arguments):
        rows, _ = golden(ONE, 1)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as data:
            json.dump({"data": [{"input": {"content": [float(value) for value in rows[0]], "shape": [4]}}]}, data)
            data.flush()
            # One window of so many requests, however long they take.
            result = subprocess.run(
                [PROGRAM, "-m", ONE, "--input-data", data.name, "--measurement-mode", "count_windows",
                 "--measurement-request-count", str(REQUESTS), "--stability-percentage", "999", "--max-trials", "3",
                 "--concurrency-range", "4", *arguments],
                capture_output=True, text=True, timeout=240, check=False,
                env={**os.environ, "LD_LIBRARY_PATH": str(CUDA)})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        # From the client's own count, and from the server's statistics.
        throughput = float(re.search(r"Throughput: ([\d.]+) infer/sec", result.stdout).group(1))
        self.assertGreater(throughput, 0, result.stdout)
        inferences = re.search(r"Inference count: (\d+)", result.stdout)
        self.assertIsNotNone(inferences, result.stdout)
        self.assertGreater(int(inferences.group(1)), 0, result.stdout)

    def test_http(self):
        self.analyze("-u", f"127.0.0.1:{SERVER.port}", "-i", "http")

    def test_http_with_batches(self):
        self.analyze("-u", f"127.0.0.1:{SERVER.port}", "-i", "http", "-b", "16")

    def test_grpc(self):
        self.analyze("-u", f"127.0.0.1:{SERVER.grpc_port}", "-i", "grpc")

    def test_grpc_stream(self):
        self.analyze("-u", f"127.0.0.1:{SERVER.grpc_port}", "-i", "grpc", "--streaming", "--async")

    def test_nothing_failed(self):
        stats = SERVER.get(f"/v2/models/{ONE}/stats").json()["model_stats"][0]["inference_stats"]
        self.assertEqual(stats["fail"]["count"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
