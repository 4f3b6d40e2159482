"""The chart as Helm renders it, for the tests of this folder: a list of objects for each environment."""

import functools
import pathlib
import subprocess
import sys

import yaml

PROGRAM, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
CHART = SOURCE / "helm/geo-climate"
TOOLS = pathlib.Path(subprocess.run([SOURCE / "tools/kubernetes_tools.sh"], check=True, capture_output=True,
                                    text=True).stdout.strip())
NAMESPACE = "geo-climate"
# What each environment's own file leaves to the operator.
GIVEN = {
    "default": [],
    "dev": [],
    "staging": [],
    "production": ["--set", "database.address=db.example.org", "--set", "database.networks={10.1.0.0/16}",
                   "--set", "cache.networks={10.2.0.0/16}"],
}


def options(environment):
    files = [] if environment == "default" else ["--values", str(CHART / f"values-{environment}.yaml")]
    return [*files, *GIVEN[environment]]


def helm(verb, *arguments, check=True):
    result = subprocess.run([TOOLS / "helm", *verb.split(), *map(str, arguments)], capture_output=True, text=True,
                            check=False, timeout=120)
    if check and result.returncode != 0:
        raise AssertionError(f"helm {verb}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def text(environment, *arguments):
    return helm("template geo-climate", CHART, "--namespace", NAMESPACE, *options(environment), *arguments).stdout


@functools.cache
def objects(environment, *arguments):
    return [document for document in yaml.safe_load_all(text(environment, *arguments)) if document]


def the(environment, kind, name, *arguments):
    found = [item for item in objects(environment, *arguments)
             if item["kind"] == kind and item["metadata"]["name"] == name]
    if len(found) != 1:
        raise AssertionError(f"{environment}: {len(found)} objects {kind} {name}")
    return found[0]


def settings(environment, *arguments):
    """The text of performance.yaml in the ConfigMap."""
    return the(environment, "ConfigMap", "geo-climate-config", *arguments)["data"]["performance.yaml"]


def refusal(environment, *arguments):
    """What Helm says when it refuses to render."""
    result = helm("template geo-climate", CHART, "--namespace", NAMESPACE, *options(environment), *arguments,
                  check=False)
    if result.returncode == 0:
        raise AssertionError(f"{environment} renders with {arguments}")
    return result.stderr


def pod_specs(items):
    """(object, pod specification) of everything that makes pods."""
    for item in items:
        kind, spec = item["kind"], item.get("spec", {})
        if kind == "Pod":
            yield item, spec
        elif kind in ("Deployment", "StatefulSet"):
            yield item, spec["template"]["spec"]
        elif kind == "CronJob":
            yield item, spec["jobTemplate"]["spec"]["template"]["spec"]
