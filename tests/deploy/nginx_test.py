"""The balancer's configuration as a pod gets it: the repository's own files, and a site that real NGINX accepts.

Usage: nginx_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from rendering import GIVEN, SOURCE, objects, the

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
# What Debian 12's NGINX (1.22) does not know yet, and what it cannot look up here.
OLDER = (
    (r" resolve max_fails", " max_fails"),
    (r"geo-climate-api-headless\.geo-climate\.svc\.cluster\.local", "127.0.0.1"),
    (r"resolver \S+ ", "resolver 127.0.0.1 "),
    (r"keepalive_min_timeout 5s;\n", ""),
    (r"listen (\d+)( ssl)? default_server;\nhttp2 on;", r"listen \1\2 http2 default_server;"),
)


def pod_files(environment, *arguments):
    """{path below /etc/geo-climate/nginx: text}, as the projected volume lays them out."""
    volumes = the(environment, "Deployment", "nginx-lb", *arguments)["spec"]["template"]["spec"]["volumes"]
    files = {}
    for source in next(volume for volume in volumes if volume["name"] == "config")["projected"]["sources"]:
        data = the(environment, "ConfigMap", source["configMap"]["name"], *arguments)["data"]
        items = source["configMap"].get("items") or [{"key": name, "path": name} for name in data]
        files.update({item["path"]: data[item["key"]] for item in items})
    return files


class NginxTest(unittest.TestCase):
    def test_a_pod_has_the_files_of_the_repository_and_a_site_of_its_own(self):
        shared = {path.name: path.read_text() for path in (SOURCE / "nginx").glob("*.conf")}
        site = {f"site/{path.name}" for path in (SOURCE / "nginx/site").glob("*.conf")}
        for environment in GIVEN:
            files = pod_files(environment)
            self.assertEqual(set(files), set(shared) | site)
            for name, text in shared.items():
                self.assertEqual(files[name], text)

    def test_real_nginx_accepts_it(self):
        extra = ("--set", "nginx.trustedProxies={10.9.0.0/16,fd00::/8}", "--set", "nginx.unlimitedClients={10.8.0.0/16}")
        for environment, arguments in (("default", ()), ("default", extra), ("dev", ())):
            with self.subTest(environment=environment, arguments=arguments), \
                 tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder)
                self._certificate(root)
                for path, text in pod_files(environment, *arguments).items():
                    if path.startswith("site/"):
                        for pattern, instead in OLDER:
                            text = re.sub(pattern, instead, text)
                        text = text.replace("/etc/geo-climate/tls", str(root)).replace("/dev/stdout", "access.log")
                    (root / path).parent.mkdir(exist_ok=True)
                    (root / path).write_text(text)
                (root / "run").mkdir()
                result = subprocess.run([NGINX, "-p", root / "run", "-c", root / "nginx.conf", "-e", "stderr", "-t"],
                                        capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stderr)

    def _certificate(self, root):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "1",
                        "-keyout", root / "tls.key", "-out", root / "tls.crt"], check=True, capture_output=True)

    def test_the_status_page_has_no_way_in(self):
        service = the("default", "Service", "nginx-lb")
        self.assertEqual({port["targetPort"] for port in service["spec"]["ports"]}, {"http", "grpc"})
        policy = the("default", "NetworkPolicy", "nginx-lb")
        self.assertEqual([port["port"] for port in policy["spec"]["ingress"][0]["ports"]], ["http", "grpc"])

    def test_the_servers_believe_the_balancer_only_from_networks_that_are_named(self):
        self.assertNotIn("set_real_ip_from", pod_files("default")["site/http.conf"])
        files = pod_files("default", "--set", "nginx.trustedProxies={10.9.0.0/16}")
        self.assertIn("set_real_ip_from 10.9.0.0/16;", files["site/http.conf"])

    def test_it_starts_anew_when_a_file_changes(self):
        before, after = (next(item for item in objects("default", *more) if item["metadata"]["name"] == "nginx-lb" and
                              item["kind"] == "Deployment")["spec"]["template"]["metadata"]["annotations"]
                         for more in ((), ("--set", "nginx.workers=3")))
        self.assertNotEqual(before["checksum/settings"], after["checksum/settings"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
