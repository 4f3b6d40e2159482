"""Signed tokens at the door: those that count, and every way of making one that must not.

Usage: tokens_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import sys
import time
import unittest

import tokens
from program import PATIENCE, SOURCE, Server, run, scratch
from tokens import Ed25519, Rsa, Secret, base64url, claims, token

MODEL = SOURCE / "tests/golden/models/xgb_squarederror.json"


class TokensTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.path = pathlib.Path(cls.folder.name)
        cls.rsa, cls.ed, cls.other = Rsa(cls.path, "r1"), Ed25519(cls.path, "e1"), Rsa(cls.path, "o1")
        cls.secret = b"a secret that is longer than 32 bytes"
        cls.keys = cls.path / "keys.json"
        cls.write_keys(cls.rsa, cls.ed)
        (cls.path / "secret").write_bytes(cls.secret + b"\n")
        cls.server = cls.serve("RS256, EdDSA, HS256", jwks=cls.keys)
        cls.with_secret = cls.serve("HS256", key=cls.path / "secret")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.with_secret.__exit__()
        cls.folder.cleanup()

    @classmethod
    def write_keys(cls, *signers):
        new = cls.path / "new.json"
        new.write_text(json.dumps({"keys": [signer.jwk() for signer in signers]}))
        new.replace(cls.keys)

    @classmethod
    def serve(cls, algorithms, jwks="", key=""):
        return Server("serve", "--model", MODEL, "--data-dir", cls.path / "nothing", environment={
            "GEOCLIMATE_AUTH__REQUIRED": "true",
            "GEOCLIMATE_AUTH__JWT__ALGORITHMS": f"[{algorithms}]",
            "GEOCLIMATE_AUTH__JWT__JWKS_FILE": str(jwks),
            "GEOCLIMATE_AUTH__JWT__KEY_FILE": str(key),
            "GEOCLIMATE_AUTH__JWT__ISSUER": tokens.ISSUER,
            "GEOCLIMATE_AUTH__JWT__AUDIENCE": tokens.AUDIENCE})

    def status(self, text, target="/models", server=None):
        return (server or self.server).get(target, Authorization=f"Bearer {text}").status

    def test_tokens_of_each_kind_count(self):
        for signer in (self.rsa, self.ed):
            text = token(signer, claims())
            self.assertEqual(self.status(text), 200)
            self.assertEqual(self.status(text), 200)
        self.assertEqual(self.status(token(Secret(self.secret), claims()), server=self.with_secret), 200)
        usage = self.server.get("/usage", Authorization="Bearer " + token(self.ed, claims())).json()
        self.assertEqual((usage["caller"], usage["scopes"]), ("alice", "predict,read"))

    def test_scopes_hold_for_tokens(self):
        self.assertEqual(self.status(token(self.ed, claims("openid"))), 403)
        self.assertEqual(self.status(token(self.ed, claims("predict"))), 403)
        self.assertEqual(self.status(token(self.ed, claims("read"))), 200)

    def test_no_forged_token_counts(self):
        good = token(self.rsa, claims())
        header, body, signature = good.split(".")
        none = base64url(json.dumps({"alg": "none", "kid": "r1"}).encode())
        admin = base64url(json.dumps(claims("admin")).encode())
        public = self.rsa.public_pem()
        forged = {
            "alg none without a signature": f"{none}.{body}.",
            "alg none with the old signature": f"{none}.{body}.{signature}",
            "other claims under the old signature": f"{header}.{admin}.{signature}",
            "no signature": f"{header}.{body}.",
            "another key": token(self.other, claims(), kid="r1"),
            "an unknown kid": token(self.rsa, claims(), kid="x"),
            "the kid of another key": token(self.rsa, claims(), kid="e1"),
            "a kid that is a path": token(self.rsa, claims(), kid="../../../dev/null"),
            "no kid": token(self.rsa, claims(), kid=None),
            "HS256 with the public key": token(Secret(public, "r1"), claims()),
            "HS256 with the public key without its last line break": token(Secret(public.strip(), "r1"), claims()),
            "HS256 with nothing": token(Secret(b"", "r1"), claims()),
            "RS256 that says HS256": token(self.rsa, claims(), alg="HS256"),
            "a key of its own in the header": token(self.other, claims(), kid="o1", jwk=self.other.jwk()),
            "an address of keys in the header": token(self.other, claims(), kid="o1", jku="https://evil.example/"),
            "an extension that must be understood": token(self.rsa, claims(), crit=["exp"]),
            "expired": token(self.rsa, claims(expires_in=-61)),
            "not yet valid": token(self.rsa, claims(nbf=int(time.time()) + 3600)),
            "no end": token(self.rsa, {name: value for name, value in claims().items() if name != "exp"}),
            "another issuer": token(self.rsa, claims(iss="https://evil.example")),
            "another audience": token(self.rsa, claims(aud="billing")),
            "no subject": token(self.rsa, claims(sub="")),
            "padding": good + "=",
            "a fourth part": good + ".x",
            "too long": token(self.rsa, claims(more="x" * 9000)),
        }
        for what, text in forged.items():
            with self.subTest(what):
                self.assertEqual(self.status(text), 401)

    def test_new_keys_count_without_a_start(self):
        self.assertEqual(self.status(token(self.other, claims())), 401)
        old = token(self.rsa, claims())
        self.assertEqual(self.status(old), 200)
        self.write_keys(self.other, self.ed)
        until = time.monotonic() + PATIENCE
        while self.status(token(self.other, claims())) != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.assertEqual(self.status(old), 401)
        self.write_keys(self.rsa, self.ed)
        while self.status(old) != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)

    def test_what_is_missing_stops_the_start(self):
        for settings, text in (({"KEY_FILE": str(self.path / "secret")}, "issuer"),
                               ({"KEY_FILE": str(self.path / "none"), "ISSUER": "i", "AUDIENCE": "a"}, "none"),
                               ({"ALGORITHMS": "[none]"}, "'none' is none of")):
            result = run("serve", "--model", MODEL, check=False, environment={
                f"GEOCLIMATE_AUTH__JWT__{name}": value for name, value in settings.items()})
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(text, result.stderr)
            self.assertNotIn(self.secret.decode(), result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
