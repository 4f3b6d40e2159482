"""Schemathesis against /openapi.json: no 5xx, and no status, media type or body that the document does not have."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from program import SOURCE, Server  # noqa: E402

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class OpenApiTest(unittest.TestCase):
    def test_answers_are_as_the_document_says(self):
        with Server("serve", "--model", MODEL) as server, tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                [pathlib.Path(sys.executable).parent / "schemathesis", "run", f"http://127.0.0.1:{server.port}/openapi.json",
                 "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
                 "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--workers", "1",
                 "--generation-deterministic", "--no-color", "--max-failures", "40"],
                capture_output=True, text=True, timeout=280, check=False, cwd=folder)
            self.assertEqual(result.returncode, 0, result.stdout[-20000:] + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
