"""What is there in a cluster before geo-climate comes: nodes, volumes, kinds of operators, a namespace with its Secrets."""

import base64
import hashlib
import pathlib
import secrets
import subprocess

import yaml

from processes import SOURCE
from waiting import until

ZONES = ("a", "b", "c")
DEFINITIONS = pathlib.Path(subprocess.run([SOURCE / "tools/custom_resources.sh"], check=True, capture_output=True,
                                          text=True).stdout.strip())
# Of the claims of one installation, in GiB: whichever environment it is for, one fits each.
VOLUMES = (2, 5, 5, 5, 10, 10, 10, 20, 50, 100)


def add_nodes(cluster, count, cpu="8", memory="32Gi", prefix="node"):
    """Over three zones, one after the other."""
    size = {"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "100Gi"}
    names = [f"{prefix}-{number}" for number in range(count)]
    # Created, not applied: what is applied leaves the status to whom it belongs.
    cluster.create(*({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
                                              "topology.kubernetes.io/zone": ZONES[number % len(ZONES)]}},
        "status": {"capacity": size, "allocatable": size}} for number, name in enumerate(names)))
    cluster.kubectl("wait", "--for=condition=Ready", "node", *names, "--timeout=300s")
    return names


def add_volumes(cluster, prefix):
    """As a storage class would make them."""
    cluster.apply(*({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"{prefix}-{number}"},
        "spec": {"capacity": {"storage": f"{size}Gi"}, "accessModes": ["ReadWriteOnce"],
                 "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": f"/volumes/{prefix}-{number}"}},
    } for number, size in enumerate(VOLUMES)))


def add_definitions(cluster):
    """The kinds of the Prometheus operator and of External Secrets, with the whole of their schemas."""
    cluster.kubectl("apply", "--server-side", "-f", DEFINITIONS)
    cluster.kubectl("wait", "--for=condition=Established", "customresourcedefinition", "--all", "--timeout=300s")


def add_namespace(cluster, name):
    """In which Pod Security refuses, and warns of, what is not restricted."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    add_secrets(cluster, name)


def add_secrets(cluster, namespace):
    """Those of k8s/README.md, with new passwords each time, and the certificate of the ways in."""
    database, cache = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    certificate, key = cluster.authority.sign("ways-in", "geo-climate.example.org",
                                              addresses=["DNS:geo-climate.example.org"])
    digest = hashlib.sha256(cache.encode()).hexdigest()
    add_secret(cluster, namespace, "geo-climate-secrets", "Opaque", {
        "database-url": f"postgresql://geoclimate:{database}@postgres:5432/geoclimate",
        "redis-url": f"redis://geoclimate:{cache}@redis:6379",
        "s3-credentials": f"[default]\naws_access_key_id = e2e\naws_secret_access_key = {secrets.token_hex(20)}\n",
        **{f"{source}-key": secrets.token_hex(16) for source in ("airnow", "openaq", "aqs")},
        "postgres-password": database,
        "redis-users.acl": "user default off\n"
                           f"user geoclimate on #{digest} ~* &* +@all -@admin -@dangerous +info\n"})
    add_secret(cluster, namespace, "geo-climate-tls", "kubernetes.io/tls",
               {"tls.crt": certificate.read_text(), "tls.key": key.read_text()})
    until(lambda: cluster.kubectl("get", "serviceaccount", "default", "--namespace", namespace,
                                  check=False).returncode == 0, f"the account of {namespace}")


def add_secret(cluster, namespace, name, kind, contents):
    cluster.apply({"apiVersion": "v1", "kind": "Secret", "type": kind,
                   "metadata": {"name": name, "namespace": namespace},
                   "data": {key: base64.b64encode(text.encode()).decode() for key, text in contents.items()}})
