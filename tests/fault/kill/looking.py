"""Compares an installation with what was acknowledged of it."""

import collections
import hashlib
import json
import sqlite3

from kill.workers import FIRST_INGESTED_POC, FIRST_POSTED_POC, NAME, ROWS

MOST_TEMPORARIES = 4  # of whoever writes at the moment


def rows_of(database):
    """How many rows, on how many days, of each POC and value."""
    found = collections.defaultdict(dict)
    query = ("SELECT poc, value, count(*), count(DISTINCT local_day) FROM observations WHERE poc >= ? GROUP BY 1, 2")
    for poc, value, rows, days in database.execute(query, (FIRST_INGESTED_POC,)):
        found[poc][round(value)] = (rows, days)
    return found


def compare_rows(found, ledger, faults):
    wanted = {poc: dict(posts) for poc, posts in ledger.posts.items()}
    wanted[FIRST_INGESTED_POC] = {number + 1: acknowledged for number, acknowledged in enumerate(ledger.files.values())}
    for poc, values in wanted.items():
        for value, acknowledged in values.items():
            there = found.get(poc, {}).get(value)
            if there is None and acknowledged:
                faults.append(f"POC {poc}, value {value}: acknowledged, and gone")
            elif there not in (None, (ROWS, ROWS)):
                faults.append(f"POC {poc}, value {value}: {there} rows and days")
        for value in set(found.get(poc, {})) - set(values):
            faults.append(f"POC {poc}, value {value}: nobody wrote it")


def look_at_database(path, ledger, faults, whole):
    with sqlite3.connect(path, timeout=60) as database:
        compare_rows(rows_of(database), ledger, faults)
        audited = collections.Counter(name for (name,) in database.execute(
            "SELECT request_id FROM audit WHERE outcome = 'done'"))
        for name in ledger.audited:
            if audited[name] != 1:
                faults.append(f"the audit has {audited[name]} records of request {name}")
        if whole:
            for pragma in ("integrity_check", "foreign_key_check"):
                said = database.execute(f"PRAGMA {pragma}").fetchall()
                if said not in ([("ok",)], []):
                    faults.append(f"{pragma}: {said[:3]}")
    database.close()


def look_at_models(server, ledger, faults):
    models = {model["model_id"]: model for model in server.get(f"/models?model_name={NAME}").json()}
    for version in ledger.versions - set(models):
        faults.append(f"{version} was published, and is gone")
    production = [name for name, model in models.items() if model["stage"] == "production"] or [None]
    if len(production) != 1 or production[0] not in ledger.production:
        faults.append(f"production is {production}, not one of {ledger.production}")
    champion = [name for name, model in models.items() if "champion" in model["aliases"]] or [None]
    if len(champion) != 1 or champion[0] not in ledger.alias:
        faults.append(f"champion is {champion}, not one of {ledger.alias}")
    answer = server.post("/predict", {"data": {f"f{i}": 0.5 for i in range(4)}, "model_name": NAME})
    if answer.status != 200 or answer.json().get("model_id", production[0]) != production[0]:
        faults.append(f"a prediction of {production[0]}: {answer.status} {answer.body[:200]}")
    # What was found is what is there from now on: a kill takes nothing back.
    ledger.production, ledger.alias = set(production), set(champion)
    ledger.versions |= set(models)


def current_table(data):
    return json.loads((data / "tables/current.json").read_text(encoding="utf-8"))


def look_at_table(data, server, ledger, faults):
    pointer = current_table(data)
    if pointer["digest"] != ledger.table:
        ledger.table = pointer["digest"]
        ledger.counts["tables"] += 1
    table = (data / "tables" / f"{pointer['digest']}.gcft").read_bytes()
    if hashlib.sha256(table).hexdigest() != pointer["digest"]:
        faults.append(f"the table {pointer['digest']} holds other bytes")
    answer = server.get("/v1/forecast?site=06-037-1103")
    if answer.status != 200:
        faults.append(f"forecast: {answer.status} {answer.body[:200]}")


def look_for_leftovers(data, faults):
    temporaries = list((data / "~tmp").iterdir())
    if len(temporaries) > MOST_TEMPORARIES:
        faults.append(f"{len(temporaries)} temporary files")
    strays = [path.name for path in data.iterdir() if path.name.startswith("admin.token.")]
    if strays:
        faults.append(f"stray files: {strays}")
