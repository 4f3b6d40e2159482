"""The chart and the base as an operator would install them, and what is to come of them."""

from processes import SOURCE
from waiting import until

CHART = SOURCE / "helm/geo-climate"
BASE = SOURCE / "k8s/base"
NAMESPACE = "geo-climate"
# What each environment's own file leaves to the operator: tests/deploy/rendering.py has the same.
GIVEN = {
    "default": [],
    "dev": [],
    "staging": [],
    "production": ["--set", "database.address=db.example.org", "--set", "database.networks={10.1.0.0/16}",
                   "--set", "cache.networks={10.2.0.0/16}"],
}


def options(environment):
    files = [] if environment == "default" else ["--values", CHART / f"values-{environment}.yaml"]
    return [*files, *GIVEN[environment]]


def helm(cluster, verb, environment, *more, namespace=NAMESPACE, check=True):
    """`verb`: install or upgrade."""
    return cluster.helm(verb, "geo-climate", CHART, "--namespace", namespace, *options(environment), *more, check=check)


def workloads(cluster, namespace=NAMESPACE):
    return [item for kind in ("deployment", "statefulset") for item in cluster.list(kind, namespace)]


def is_available(item):
    """Whether all that is wanted runs, is of the newest revision, and counts as available."""
    status, wanted = item.get("status", {}), item["spec"]["replicas"]
    return (status.get("observedGeneration") == item["metadata"]["generation"]
            and all(status.get(count, 0) == wanted for count in ("replicas", "updatedReplicas", "availableReplicas")))


def until_available(cluster, namespace=NAMESPACE):
    """Waits for every Deployment and StatefulSet; what they are by name."""

    def available():
        found = workloads(cluster, namespace)
        return found if found and all(map(is_available, found)) else None

    def state():
        return "\n".join([*(f"{item['kind']} {item['metadata']['name']}: {item.get('status')}"
                            for item in workloads(cluster, namespace) if not is_available(item)),
                          cluster.kubectl("get", "events,pods,pvc", "--namespace", namespace).stdout[-4000:]])

    return {item["metadata"]["name"]: item for item in until(available, state)}


def servers(cluster, namespace=NAMESPACE):
    """The pods of the API that are not on their way out."""
    return [pod for pod in cluster.list("pod", namespace, component="api")
            if "deletionTimestamp" not in pod["metadata"]]


def warnings(result):
    return [line for line in result.stderr.splitlines() if line.startswith("W") or "arning" in line]


def pod_specs(items):
    """(object, pod template's spec)."""
    for item in items:
        if item["kind"] in ("Deployment", "StatefulSet"):
            yield item, item["spec"]["template"]["spec"]
        elif item["kind"] == "CronJob":
            yield item, item["spec"]["jobTemplate"]["spec"]["template"]["spec"]
