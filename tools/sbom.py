"""Writes an SPDX 2.3 document of what a package of the program contains.

Usage: sbom.py VERSION BUNDLED... <LIBRARIES
       sbom.py --image VERSION STATUS <SBOM

BUNDLED are libraries from wheels (tools/dependencies.txt has their versions); standard input names Debian's libraries, a path
a line, as this machine has them. The second form adds to such a document every package of an image's dpkg STATUS.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = "SPDXRef-geo-climate"
LICENSES = {"xgboost-cpu": "Apache-2.0", "onnxruntime": "MIT"}


def identity(kind, name):
    return f"SPDXRef-{kind}-{re.sub('[^A-Za-z0-9.-]', '-', name)}"


def package(kind, name, version, locator, license_name="NOASSERTION", **more):
    return {"SPDXID": identity(kind, name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": license_name,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}],
            **more}


def of_wheels(files):
    """The wheel of each file, with the digest of the file itself."""
    versions = {}
    for line in (SOURCE / "tools/dependencies.txt").read_text().splitlines():
        fields = line.split()
        if fields[:1] == ["wheel"]:
            versions[fields[2]] = fields[3]
    found = {}
    for file in map(pathlib.Path, files):
        wheel = next(part for part in file.parts if part in versions)
        item = found.setdefault(wheel, package("wheel", wheel, versions[wheel], f"pkg:pypi/{wheel}@{versions[wheel]}",
                                               LICENSES[wheel], comment=""))
        item["comment"] += f"{file.name} SHA-256 before stripping {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
    return list(found.values())


def of_debian(name, version, architecture):
    return package("deb", name, version, f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=bookworm")


def owners(libraries):
    """The Debian package of each library, and its version."""
    names = set()
    for library in libraries:
        # dpkg knows a file by the path that its package gave it, before /lib became a link to /usr/lib.
        for path in (library, str(pathlib.Path(library).resolve()), library.removeprefix("/usr"), f"/usr{library}"):
            result = subprocess.run(["dpkg-query", "--search", path], capture_output=True, text=True, check=False)
            if result.returncode == 0:
                names.add(result.stdout.split(": ")[0])
                break
        else:
            raise SystemExit(f"sbom: no Debian package has {library}")
    lines = subprocess.run(["dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}\n",
                            *sorted(names)], capture_output=True, text=True, check=True).stdout.splitlines()
    return [of_debian(*line.split()) for line in lines]


def installed(status):
    """Every package that a dpkg status file says is installed."""
    for paragraph in pathlib.Path(status).read_text().split("\n\n"):
        fields = dict(re.findall(r"^(\S+): (.*)$", paragraph, flags=re.MULTILINE))
        if fields.get("Status", "").endswith(" installed") and fields["Package"] != "geo-climate":
            yield of_debian(fields["Package"], fields["Version"], fields["Architecture"])


def document(version, parts):
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    program = package("program", "geo-climate", version, f"pkg:generic/geo-climate@{version}", "Apache-2.0")
    program["SPDXID"] = PROGRAM
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"geo-climate-{version}",
        "documentNamespace": f"https://geo-climate.invalid/sbom/{version}/{digest}",
        "creationInfo": {"created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: geo-climate-sbom"]},
        "packages": [program, *parts],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": PROGRAM},
            *({"spdxElementId": PROGRAM, "relationshipType": "DEPENDS_ON", "relatedSpdxElement": part["SPDXID"]}
              for part in parts)]}


def main():
    if sys.argv[1] == "--image":
        version, status = sys.argv[2:4]
        wheels = [part for part in json.load(sys.stdin)["packages"] if part["SPDXID"].startswith("SPDXRef-wheel-")]
        parts = wheels + list(installed(status))
    else:
        version, bundled = sys.argv[1], sys.argv[2:]
        parts = of_wheels(bundled) + owners(line.strip() for line in sys.stdin)
    json.dump(document(version, sorted(parts, key=lambda part: part["SPDXID"])), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
