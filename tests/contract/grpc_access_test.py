"""Scopes of every gRPC method, from the service's own description, and rates in rows."""

import json
import pathlib
import re
import sys
import unittest

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from program import SOURCE, Server, run, scratch  # noqa: E402
from tls_test import Authority  # noqa: E402

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"
# What a method needs; one that is not listed fails the test.
SCOPES = {"ServerLive": None, "ServerReady": None, "ModelReady": "read", "ServerMetadata": "read",
          "ModelMetadata": "read", "ModelConfig": "read", "ModelStatistics": "read", "RepositoryIndex": "read",
          "RepositoryModelLoad": "admin", "RepositoryModelUnload": "admin", "ModelInfer": "predict",
          "ModelStreamInfer": "predict"}


def methods():
    text = next((SOURCE / "proto").rglob("grpc_service.proto")).read_text()
    return re.findall(r"^\s*rpc\s+(\w+)\s*\(", text, re.M)


class GrpcAccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.data = pathlib.Path(cls.folder.name)
        cls.keys = {scope: cls.key("--scopes", scope) for scope in ("read", "predict", "admin")}
        cls.limited = cls.key("--scopes", "read", "--requests-per-minute", "1")
        cls.server = Server("--data-dir", cls.data, "serve", "--model", MODEL, environment={
            "GEOCLIMATE_AUTH__REQUIRED": "true", "GEOCLIMATE_API__RATE_LIMITING__BURST": "40"})
        cls.channel = grpc.insecure_channel(f"127.0.0.1:{cls.server.grpc_port}")

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    @classmethod
    def key(cls, *arguments):
        return json.loads(run("--data-dir", cls.data, "keys", "create", "--name", "test", "--json",
                              *arguments).stdout)["key"]

    def code(self, method, *metadata):
        call = self.channel.stream_stream if "Stream" in method else self.channel.unary_unary
        stub = call(f"/inference.GRPCInferenceService/{method}",
                    request_serializer=bytes, response_deserializer=bytes)
        try:
            if "Stream" in method:
                list(stub(iter([]), metadata=metadata, timeout=60))
            else:
                stub(b"", metadata=metadata, timeout=60)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()

    def test_no_method_answers_without_its_scope(self):
        refused = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
        self.assertGreater(len(methods()), 10)
        for method in methods():
            needed = SCOPES[method]
            with self.subTest(method):
                if needed is None:
                    self.assertEqual(self.code(method), grpc.StatusCode.OK)
                    continue
                self.assertEqual(self.code(method), grpc.StatusCode.UNAUTHENTICATED)
                self.assertEqual(self.code(method, ("x-api-key", "guess")), grpc.StatusCode.UNAUTHENTICATED)
                for held, key in self.keys.items():
                    code = self.code(method, ("authorization", f"Bearer {key}"))
                    if needed == "admin":  # never on this port
                        self.assertEqual(code, grpc.StatusCode.PERMISSION_DENIED)
                    elif held in (needed, "admin"):
                        self.assertNotIn(code, refused, held)
                    else:
                        self.assertEqual(code, grpc.StatusCode.PERMISSION_DENIED, held)

    def test_a_key_is_held_to_its_rate(self):
        codes = [self.code("ServerMetadata", ("x-api-key", self.limited)) for _ in range(41)]
        self.assertEqual(codes[:40], [grpc.StatusCode.OK] * 40)
        self.assertEqual(codes[40], grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_forwarding_fields_are_refused(self):
        self.assertEqual(self.code("ServerMetadata", ("x-forwarded-for", "127.0.0.1")),
                         grpc.StatusCode.PERMISSION_DENIED)


class GrpcTlsTest(unittest.TestCase):
    def test_calls_are_answered_over_tls_to_those_whom_the_authority_knows(self):
        with scratch() as folder:
            path = pathlib.Path(folder)
            authority = Authority(path, "authority")
            certificate, key = authority.issue("server", 1)
            friend, friend_key = authority.issue("friend", 2)
            with Server("serve", "--model", MODEL, environment={
                    "GEOCLIMATE_API__TLS__CERT_FILE": str(certificate),
                    "GEOCLIMATE_API__TLS__KEY_FILE": str(key),
                    "GEOCLIMATE_API__TLS__CLIENT_CA_FILE": str(authority.certificate)}) as server:
                root = authority.certificate.read_bytes()

                def live(credentials):
                    address = f"127.0.0.1:{server.grpc_port}"
                    with (grpc.secure_channel(address, credentials) if credentials
                          else grpc.insecure_channel(address)) as channel:
                        stub = channel.unary_unary("/inference.GRPCInferenceService/ServerLive",
                                                   request_serializer=bytes, response_deserializer=bytes)
                        try:
                            stub(b"", timeout=20)
                            return True
                        except grpc.RpcError:
                            return False

                self.assertTrue(live(grpc.ssl_channel_credentials(
                    root, friend_key.read_bytes(), friend.read_bytes())))
                self.assertFalse(live(grpc.ssl_channel_credentials(root)))
                self.assertFalse(live(None))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
