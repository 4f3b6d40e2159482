"""TLS, mutual TLS, and certificates that are exchanged while the server runs.

Usage: tls_test.py PROGRAM SOURCE_DIR
"""

import os
import pathlib
import socket
import ssl
import sys
import time
import unittest
import warnings

from program import PATIENCE, SOURCE, Server, run, scratch
from tokens import openssl

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class Authority:
    def __init__(self, folder, name):
        self.folder, self.certificate, self.key = folder, folder / f"{name}.crt", folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, serial):
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        names = self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-days", "2", "-set_serial", serial, "-extfile", names, "-out", certificate)
        return certificate, key


class TlsTest(unittest.TestCase):
    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.authority = Authority(self.path, "authority")
        self.trust = ssl.create_default_context(cafile=self.authority.certificate)

    def serve(self, certificate, key, tls=None, **more):
        server = Server("serve", "--model", MODEL, tls=tls or self.trust, environment={
            "GEOCLIMATE_API__TLS__CERT_FILE": str(certificate),
            "GEOCLIMATE_API__TLS__KEY_FILE": str(key), **more})
        self.addCleanup(server.__exit__)
        return server

    def test_requests_are_answered_over_tls_and_only_so(self):
        server = self.serve(*self.authority.issue("server", 1))
        self.assertIn("https://127.0.0.1", server.summary)
        self.assertEqual(server.get("/health/live").status, 200)
        large = server.get("/openapi.json")
        self.assertGreater(len(large.body), 20_000)
        body = '{"data":[' + ",".join(["{}"] * 10_000) + "]}"
        self.assertEqual(len(server.post("/predict/batch", body).json()["predictions"]), 10_000)
        self.assertEqual(server.request("GET", "/metrics", port=server.metrics_port).status, 200)
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as plain:
            plain.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                self.assertNotIn(b"HTTP/1.1", plain.recv(1000))
            except ConnectionError:
                pass

    def test_one_connection_answers_many_requests_in_pieces(self):
        server = self.serve(*self.authority.issue("server", 1))
        with self.trust.wrap_socket(socket.create_connection(("127.0.0.1", server.port)),
                                    server_hostname="127.0.0.1") as connection:
            request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for byte in request * 2:
                connection.sendall(bytes([byte]))
            connection.sendall(request * 50)
            received = b""
            while received.count(b'{"status":"alive"}') < 52:
                piece = connection.recv(65536)
                self.assertTrue(piece)
                received += piece
            connection.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            end = b""
            while piece := connection.recv(65536):
                end += piece
            self.assertIn(b'"alive"', end)

    def test_old_versions_are_refused(self):
        server = self.serve(*self.authority.issue("server", 1))
        warnings.simplefilter("ignore", DeprecationWarning)
        for version, works in ((ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, True),
                               (ssl.TLSVersion.TLSv1_1, False)):
            context = ssl.create_default_context(cafile=self.authority.certificate)
            context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2) if works else version
            context.maximum_version = version
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            with self.subTest(version=version):
                with socket.create_connection(("127.0.0.1", server.port)) as raw:
                    try:
                        with context.wrap_socket(raw, server_hostname="127.0.0.1"):
                            self.assertTrue(works)
                    except (ssl.SSLError, ConnectionError):
                        self.assertFalse(works)

    def test_mutual_tls_asks_for_a_certificate_of_the_authority(self):
        clients = Authority(self.path, "clients")
        server = self.serve(*self.authority.issue("server", 1),
                            tls=ssl.create_default_context(cafile=self.authority.certificate),
                            GEOCLIMATE_API__TLS__CLIENT_CA_FILE=str(clients.certificate))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            server.get("/health/live")
        stranger, stranger_key = self.authority.issue("stranger", 2)
        server.tls.load_cert_chain(stranger, stranger_key)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            server.get("/health/live")
        server.tls = ssl.create_default_context(cafile=self.authority.certificate)
        server.tls.load_cert_chain(*clients.issue("friend", 3))
        self.assertEqual(server.get("/health/live").status, 200)

    def test_a_new_certificate_counts_without_a_start(self):
        certificate, key = self.authority.issue("server", 1)
        server = self.serve(certificate, key)

        def serial():
            with self.trust.wrap_socket(socket.create_connection(("127.0.0.1", server.port)),
                                        server_hostname="127.0.0.1") as connection:
                return int(connection.getpeercert()["serialNumber"], 16)

        self.assertEqual(serial(), 1)
        certificate.write_text("not a certificate")
        # The one before goes on to count.
        until = time.monotonic() + PATIENCE
        while "goes on to count" not in server.stderr():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assertEqual(serial(), 1)
        new, new_key = self.authority.issue("next", 7)
        os.replace(new_key, key)
        os.replace(new, certificate)
        while serial() != 7:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_wrong_files_stop_the_start_with_their_name(self):
        certificate, key = self.authority.issue("server", 1)
        other_key = self.authority.issue("other", 2)[1]
        for pair, name in (((certificate, other_key), "other.key"), ((certificate, ""), "TLS needs both"),
                           ((self.path / "none.crt", key), "none.crt"), ((key, key), "server.key")):
            result = run("serve", "--model", MODEL, "--port", "0", check=False, environment={
                "GEOCLIMATE_API__TLS__CERT_FILE": str(pair[0]),
                "GEOCLIMATE_API__TLS__KEY_FILE": str(pair[1])})
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(name, result.stderr)
            self.assertNotIn("PRIVATE", result.stderr)

    def test_a_handshake_that_stops_is_ended_and_bytes_that_are_none_too(self):
        server = self.serve(*self.authority.issue("server", 1))
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as silent:
            self.assertEqual(silent.recv(1), b"")
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as noise:
            try:
                noise.sendall(b"\x16\x03\x01" + bytes(range(256)) * 8)
                while noise.recv(1000):
                    pass
            except ConnectionError:
                pass
        self.assertEqual(server.get("/health/live").status, 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
