"""The certificates of a cluster: an authority, and what it signs, made by openssl."""

import subprocess


class Authority:
    """`folder`/`name`.crt; what it signs lies beside it."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.certificate = folder / f"{name}.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", self.certificate)

    def sign(self, name, user, group=None, addresses=()):
        """(certificate, key) for `user` as a client and, under `addresses` (DNS:… or IP:…), as a server."""
        certificate, key, request, extensions = (self.folder / f"{name}.{end}" for end in ("crt", "key", "csr", "ext"))
        subject = (f"/O={group}" if group else "") + f"/CN={user}"
        extensions.write_text("extendedKeyUsage=clientAuth,serverAuth\n"
                              + (f"subjectAltName={','.join(addresses)}\n" if addresses else ""))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
                      "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
                      self.folder / f"{self.name}.key", "-CAcreateserial", "-days", "2", "-extfile", extensions,
                      "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        result = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise AssertionError(f"openssl {arguments[0]}: {result.stderr}")


def signing_key(folder):
    """The key by which the API server signs the tokens of service accounts."""
    key = folder / "service-accounts.key"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], capture_output=True, check=True)
    return key
