#!/usr/bin/env python3
"""Holds the tree against tools/layers.yaml and against the rules of CONTRIBUTING.md that a machine can check.

Checks that each module includes, and names as DEPS in its CMakeLists.txt, only modules of lower levels that its row lists;
that confined libraries stay in their module; that no file or type has a name that says nothing; and that no source is longer
than 600 lines. Prints one line a finding, `file:line: what`, and exits 1 when there is any.
"""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 600
REFUSED = r"(Manager|Helper|Util|Common|Misc|Processor|Wrapper|Info|Data)"
REFUSED_TYPE = re.compile(r"\b(?:class|struct|enum class)\s+(?:\w*[a-z0-9])?" + REFUSED + r"s?\b(?!\s*;)")
REFUSED_FILE = re.compile(r"(^|_)((manager|helper|util|common|misc|processor|wrapper|info)s?(_|\.)|datas?\.)")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def module_of(path, modules):
    """The module of a path below geoclimate/ (the longest name that fits), 'apps' below apps/, else None."""
    parts = path.parts
    if parts[0] == "apps":
        return "apps"
    if parts[0] != "geoclimate":
        return None
    for depth in (3, 2):
        name = "/".join(parts[1:depth])
        if name in modules:
            return name
    return "?" + parts[1]


def main():
    config = yaml.safe_load((ROOT / "tools/layers.yaml").read_text())
    confined = config.pop("confined")
    modules = config
    findings = []

    for name, row in modules.items():
        for dep in row["may_include"]:
            if dep not in modules:
                findings.append(f"tools/layers.yaml: {name} lists the unknown module {dep}")
            elif modules[dep]["level"] >= row["level"]:
                findings.append(f"tools/layers.yaml: {name} (level {row['level']}) may not list {dep} (level {modules[dep]['level']})")

    files = sorted(p for folder in ("geoclimate", "apps", "tests", "fuzz", "benchmarks")
                   for p in (ROOT / folder).rglob("*") if p.suffix in (".h", ".cc"))
    for path in files:
        relative = path.relative_to(ROOT)
        module = module_of(relative, modules)
        if module and module.startswith("?"):
            findings.append(f"{relative}: the folder {module[1:]} has no row in tools/layers.yaml")
            continue
        if REFUSED_FILE.search(path.name):
            findings.append(f"{relative}: the file's name says nothing about what it is")
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES:
            findings.append(f"{relative}: {len(lines)} lines, more than {MAX_LINES}")
        for number, line in enumerate(lines, 1):
            match = REFUSED_TYPE.search(line)
            if match and not line.lstrip().startswith("//"):
                findings.append(f"{relative}:{number}: a type's name says nothing: {match.group(0)}")
            include = INCLUDE.match(line)
            if not include:
                continue
            target = include.group(1) or include.group(2)
            owners = [owner for owner, patterns in confined.items() if any(re.fullmatch(p, target) for p in patterns)]
            if owners and module is not None and module not in owners:
                findings.append(f"{relative}:{number}: <{target}> is confined to {', '.join(owners)}")
            if target.startswith("geoclimate/") and module not in (None, "apps"):
                other = module_of(pathlib.PurePosixPath(target), modules)
                if other != module and other not in modules[module]["may_include"]:
                    findings.append(f"{relative}:{number}: {module} may not include {other}")
            if target.startswith("apps/") and module != "apps" and relative.parts[0] == "geoclimate":
                findings.append(f"{relative}:{number}: {module} may not include apps")

    for name, row in modules.items():
        cmake = ROOT / "geoclimate" / name / "CMakeLists.txt"
        if not cmake.exists():
            continue
        match = re.search(r"geoclimate_module\((.*?)\)", cmake.read_text(), re.S)
        words = match.group(1).split() if match else []
        deps = []
        if "DEPS" in words:
            start = words.index("DEPS") + 1
            end = words.index("LIBS") if "LIBS" in words else len(words)
            deps = words[start:end]
        for dep in deps:
            if dep not in row["may_include"]:
                findings.append(f"geoclimate/{name}/CMakeLists.txt: DEPS names {dep}, which the row of {name} does not list")

    for finding in findings:
        print(finding)
    print(f"layering: {len(files)} files, {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
