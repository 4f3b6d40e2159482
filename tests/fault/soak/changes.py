"""What is served changes all the time: new versions, promotions, rollbacks, canaries, shadows, aliases, the cache."""

import json
import threading

from program import run
from soak.catalogue import CHANGING, FILES
from soak.tally import Caller


def prepare(data, catalogue):
    """A first version of each file, the first of each name in production and under the alias "fixed"; their ids by name."""
    pinned = {}
    for name, files in FILES.items():
        ids = [catalogue.publish(data, name, file) for file in files]
        promote(data, ids[0])
        run("--data-dir", data, "models", "alias", name, "fixed", ids[0])
        pinned[name] = ids[0]
    return pinned


def promote(data, model_id, stage="production"):
    arguments = ["--override-gate"] if stage == "production" else []
    return run("--data-dir", data, "models", "promote", model_id, "--stage", stage, *arguments, check=False)


class Changer(Caller):
    """The operator of one of the servers, for a store that all of them share."""

    # Versions of a name that are not archived: more would only make the servers larger.
    MOST_VERSIONS = 7
    # From looking a version up to changing it: another operator could take it into production meanwhile, and staging or
    # archiving it would then leave the name without one.
    ONE_AT_A_TIME = threading.Lock()

    def __init__(self, server, data, catalogue, *arguments):
        super().__init__(*arguments)
        self.server = server
        self.data = data
        self.catalogue = catalogue
        self.token = (data / "admin.token").read_text().strip()
        self.turns = [(self.publish, 3), (self.promote, 4), (self.roll_back, 3), (self.set_traffic, 6), (self.end_traffic, 3),
                      (self.set_alias, 2), (self.stage, 2), (self.set_policy, 1), (self.clear_cache, 1), (self.warm_cache, 1),
                      (self.refused, 2)]

    def turn(self):
        with self.ONE_AT_A_TIME:
            self.pick(self.turns)()
        self.stop.wait(0.1 + self.random.random() * 0.4)  # what was changed shall be in force for a while

    def manage(self, kind, statuses, method, target, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        answer = self.server.request(method, target, body, headers, self.server.management_port)
        if answer.status not in statuses:
            self.tally.fault(f"{self.name}: {kind}: status {answer.status}: {answer.body[:300]}")
        self.tally.count(kind if answer.status == 200 else f"{kind}, refused")

    def versions(self, name, *stages):
        models = self.server.get(f"/models?model_name={name}").json()
        return [model for model in models if model["stage"] in stages]

    def publish(self):
        """A new version, and an end of the oldest that nobody needs."""
        name = self.random.choice(CHANGING)
        self.catalogue.publish(self.data, name, self.random.choice(FILES[name]))
        self.tally.count("published")
        idle = [model for model in self.versions(name, "dev", "staging") if not model["aliases"]]
        for model in idle[self.MOST_VERSIONS:]:
            # Refused while it has traffic.
            if promote(self.data, model["model_id"], "archived").returncode == 0:
                self.tally.count("archived")

    def other(self, name):
        return self.random.choice(self.versions(name, "dev", "staging"))["model_id"]

    def promote(self):
        name = self.random.choice(CHANGING)
        done = promote(self.data, self.other(name))
        self.tally.count("promoted" if done.returncode == 0 else "promoted, refused")

    def roll_back(self):
        name = self.random.choice(CHANGING)
        self.manage("rolled back", (200, 409), "POST", f"/models/{name}/rollback?wait=5")

    def set_traffic(self):
        name = self.random.choice(CHANGING)
        body = {"canary": self.other(name), "share": self.random.choice((0.1, 0.5, 1))} if self.random.random() < 0.7 else {}
        if not body or self.random.random() < 0.5:
            body["shadow"] = self.other(name)
        self.manage("canary set" if "canary" in body else "shadow set", (200, 409), "PUT", f"/models/{name}/traffic?wait=5", body)

    def end_traffic(self):
        name = self.random.choice(CHANGING)
        self.manage("traffic ended", (200,), "PUT", f"/models/{name}/traffic", {})

    def set_alias(self):
        name = self.random.choice(CHANGING)
        self.manage("alias set", (200, 409), "PUT", f"/models/{name}/aliases/champion?wait=5", {"model_id": self.other(name)})

    def stage(self):
        name = self.random.choice(CHANGING)
        self.manage("staged", (200, 409), "POST", f"/models/{self.other(name)}/promote?new_stage=staging&wait=5")

    def set_policy(self):
        name = self.random.choice(CHANGING)
        body = self.random.choice(({"latest": 2}, {"default": True}))
        self.manage("policy set", (200,), "PUT", f"/models/{name}/version-policy", body)

    def clear_cache(self):
        self.manage("cache cleared", (200,), "DELETE", "/admin/cache")

    def warm_cache(self):
        self.manage("cache warmed", (200, 202), "POST", "/admin/cache/warm")

    def refused(self):
        """What is asked for in vain changes nothing."""
        name = self.random.choice(CHANGING)
        statuses, method, target, body = self.random.choice((
            ((404,), "POST", "/models/nothing_v1_20200101_000000/promote?new_stage=staging", None),
            ((409,), "POST", f"/models/{self.other(name)}/promote?new_stage=production", None),
            ((404, 422), "PUT", f"/models/{name}/traffic", {"canary": "nothing_v1_20200101_000000", "share": 0.5}),
            ((400, 422), "PUT", f"/models/{name}/traffic", {"canary": self.other(name), "share": 7}),
            ((400, 422), "PUT", f"/models/{name}/version-policy", {"newest": 2})))
        self.manage("change in vain", statuses, method, target, body)
