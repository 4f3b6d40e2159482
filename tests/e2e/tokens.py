"""Keys and signed tokens (RFC 7519) for the tests of this folder, made with the openssl program."""

import base64
import hashlib
import hmac
import json
import subprocess
import time

ISSUER = "https://id.example"
AUDIENCE = "geoclimate"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True,
                          check=True).stdout


class Rsa:
    algorithm = "RS256"

    def __init__(self, folder, kid):
        self.kid, self.file = kid, folder / f"{kid}.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.file)

    def sign(self, text):
        return openssl("dgst", "-sha256", "-sign", self.file, data=text)

    def public_pem(self):
        return openssl("pkey", "-in", self.file, "-pubout")

    def jwk(self):
        modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().strip()
        number = bytes.fromhex(modulus.split("=")[1])
        return {"kid": self.kid, "kty": "RSA", "n": base64url(number), "e": "AQAB"}


class Ed25519:
    algorithm = "EdDSA"

    def __init__(self, folder, kid):
        self.kid, self.folder, self.file = kid, folder, folder / f"{kid}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.file)

    def sign(self, text):
        message = self.folder / "message"
        message.write_bytes(text)
        return openssl("pkeyutl", "-sign", "-inkey", self.file, "-rawin", "-in", message)

    def jwk(self):
        public = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        return {"kid": self.kid, "kty": "OKP", "crv": "Ed25519", "x": base64url(public[-32:])}


class Secret:
    algorithm = "HS256"

    def __init__(self, secret, kid=None):
        self.secret, self.kid = secret, kid

    def sign(self, text):
        return hmac.new(self.secret, text, hashlib.sha256).digest()


def claims(scope="read predict", expires_in=300, **more):
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "scope": scope,
            "exp": int(time.time()) + expires_in, **more}


def token(signer, body, **header):
    header = {"alg": signer.algorithm, "typ": "JWT", "kid": signer.kid, **header}
    header = {name: value for name, value in header.items() if value is not None}
    text = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(body).encode())}"
    return f"{text}.{base64url(signer.sign(text.encode()))}"
