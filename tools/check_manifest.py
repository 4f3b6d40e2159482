#!/usr/bin/env python3
"""Reads every file of a folder of EPA files and holds the rows against the folder's MANIFEST.csv.

Usage: tools/check_manifest.py PROGRAM FOLDER

MANIFEST.csv has the columns file, rows and header_variant. A file is expected to be read whole: as many rows as listed, each an
observation, a row of lead, or a rejected one, which is listed here with its reason. Files of V3 (no site id) and gap-filled ones
are expected to be refused. Ends with 1 when a file differs.
"""

import csv
import json
import pathlib
import subprocess
import sys


def refusal_is_due(row):
    return row["header_variant"] == "V3" or "gap-filled" in row["file"]


def check(program, folder, row):
    """What is wrong with a file, or nothing, and its counts."""
    done = subprocess.run([program, "ingest", "--dry-run", "--json", folder / row["file"]],
                          capture_output=True, text=True)
    counts = json.loads(done.stdout)
    if refusal_is_due(row):
        return ("" if counts["refused_files"] == 1 else "was not refused"), counts
    if counts["refused_files"]:
        return f"was refused: {counts['refused'][0]['reason']}", counts
    read = counts["rows_read"] - counts["blank_rows"]
    skipped = sum(counts["skipped"].values())
    if read != int(row["rows"]):
        return f"has {row['rows']} rows, {read} were read", counts
    if counts["observations"] + skipped + counts["rejected"] != read:
        return f"{read} rows gave {counts['observations']} observations", counts
    return "", counts


def main(program, folder):
    folder = pathlib.Path(folder)
    total = {"files": 0, "rows": 0, "observations": 0, "skipped": 0, "rejected": 0, "refused": 0}
    wrong = 0
    with open(folder / "MANIFEST.csv", newline="") as manifest:
        rows = list(csv.DictReader(manifest))
    for row in rows:
        fault, counts = check(program, folder, row)
        total["files"] += 1
        total["rows"] += counts["rows_read"]
        total["observations"] += counts["observations"]
        total["skipped"] += sum(counts["skipped"].values())
        total["rejected"] += counts["rejected"]
        total["refused"] += counts["refused_files"]
        for reason, count in counts["rejects_by_reason"].items():
            print(f"{row['file']}: {count} rejected, {reason}")
        for refused in counts["refused"]:
            print(f"{row['file']}: refused, {refused['reason']}")
        if fault:
            wrong += 1
            print(f"WRONG {row['file']}: {fault}")
    print(", ".join(f"{value} {name}" for name, value in total.items()))
    print(f"{wrong} files differ from the manifest")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
