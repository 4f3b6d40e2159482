"""Renders k8s/base from the chart with its default values: a file for each template, and kustomization.yaml.

Usage: render_k8s_base.py [FOLDER]   FOLDER: k8s/base. tests/deploy holds k8s/base against a fresh rendering.

The namespace is the one difference from `helm template`: with Helm it is there before the chart is.
"""

import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
NAMESPACE = "geo-climate"
HEADER = "# Rendered by tools/render_k8s_base.py from helm/geo-climate with its defaults: change the chart, not this file.\n"


def helm():
    folder = subprocess.run([SOURCE / "tools/kubernetes_tools.sh"], check=True, capture_output=True, text=True)
    return pathlib.Path(folder.stdout.strip()) / "helm"


def rendered():
    return subprocess.run(
        [helm(), "template", "geo-climate", SOURCE / "helm/geo-climate", "--namespace", NAMESPACE, "--no-hooks",
         "--set", "namespace.create=true"], check=True, capture_output=True, text=True).stdout


def files(text):
    """The objects of each template, by the template's file name."""
    found = {}
    for document in re.split(r"^---\n", text, flags=re.MULTILINE):
        source = re.match(r"# Source: geo-climate/templates/(\S+)\n", document)
        if source is None:
            continue
        body = re.sub(r"[ \t]+$", "", document[source.end():], flags=re.MULTILINE).strip("\n") + "\n"
        # What is left of a template that renders nothing: comments, or not even these.
        if re.search(r"^kind: ", body, flags=re.MULTILINE):
            found.setdefault(source.group(1), []).append(body)
    return {name: HEADER + "".join("---\n" + body for body in bodies) for name, bodies in sorted(found.items())}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE / "k8s/base"
    folder.mkdir(parents=True, exist_ok=True)
    contents = files(rendered())
    contents["kustomization.yaml"] = (
        HEADER + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        + "".join(f"  - {name}\n" for name in contents))
    for old in folder.glob("*.yaml"):
        if old.name not in contents:
            old.unlink()
    for name, text in contents.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
