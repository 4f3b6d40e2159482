"""The chart by Helm's own judgement, what its objects promise, and k8s/base against it.

Usage: chart_test.py PROGRAM SOURCE_DIR
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

from rendering import (CHART, GIVEN, PROGRAM, SOURCE, TOOLS, helm, objects, options, pod_specs, refusal, text, the)


def key(item):
    return item["kind"], item["metadata"]["name"]


class ChartTest(unittest.TestCase):
    def test_helm_finds_nothing_to_say_of_it_in_any_environment(self):
        for environment in GIVEN:
            with self.subTest(environment):
                helm("lint", "--strict", CHART, *options(environment))

    def test_production_wants_the_address_of_a_managed_database(self):
        result = helm("template", CHART, "--values", CHART / "values-production.yaml", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("database.address must name the managed PostgreSQL", result.stderr)

    def test_a_key_that_the_chart_does_not_have_is_refused_by_name(self):
        for wrong, place in (("api.replica=3", "at '/api': additional properties 'replica'"),
                             ("hpa.enabled=true", "at '': additional properties 'hpa'"),
                             ("settings.apis.port=1", "at '/settings': additional properties 'apis'"),
                             ("api.resources.limits.gpu=1", "at '/api/resources/limits': additional properties 'gpu'"),
                             ("jobs.train.cron=x", "at '/jobs/train': additional properties 'cron'")):
            with self.subTest(wrong):
                self.assertIn(place, refusal("default", "--set", wrong))

    def test_a_value_out_of_range_is_refused(self):
        for wrong in ("api.drainSeconds=0", "database.port=70000", "storage.url=/var/lib", "redis.maxMemory=1",
                      "image.digest=sha256:1", "networkPolicies.blockedEgress={everything}"):
            with self.subTest(wrong):
                refusal("default", "--set", wrong)

    def test_a_setting_that_must_fit_the_objects_cannot_be_set_beside_them(self):
        for wrong in ("settings.api.port=80", "settings.database.pool.max_size=90", "settings.auth.required=false"):
            with self.subTest(wrong):
                self.assertIn("the chart sets this itself", refusal("default", "--set", wrong))

    def test_tls_that_the_probes_would_not_speak_is_refused(self):
        self.assertIn("TLS ends at", refusal("default", "--set", "settings.api.tls.cert_file=/etc/tls/tls.crt"))

    def test_a_budget_that_blocks_every_drain_is_refused(self):
        self.assertIn("no node could ever be drained", refusal("default", "--set", "podDisruptionBudget.minAvailable=3"))

    def test_the_base_is_what_the_chart_renders(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, SOURCE / "tools/render_k8s_base.py", folder], check=True)
            fresh = {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}
        kept = {path.name: path.read_text() for path in (SOURCE / "k8s/base").iterdir()}
        self.assertEqual(fresh, kept, "run tools/render_k8s_base.py")

    def test_kustomize_makes_of_the_base_the_objects_of_the_chart(self):
        built = subprocess.run([TOOLS / "kubectl", "kustomize", SOURCE / "k8s/base"], check=True, capture_output=True,
                               text=True).stdout
        of_base = {key(item): item for item in yaml.safe_load_all(built)}
        of_chart = {key(item): item for item in objects("default", "--no-hooks", "--set", "namespace.create=true")}
        self.assertEqual(of_base, of_chart)
        self.assertGreater(len(of_base), 20)


class ObjectsTest(unittest.TestCase):
    def test_no_pod_has_more_rights_than_it_needs(self):
        for environment in GIVEN:
            for item, spec in pod_specs(objects(environment)):
                with self.subTest(environment=environment, object=key(item)):
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    self.assertIs(spec["enableServiceLinks"], False)
                    self.assertIs(spec["securityContext"]["runAsNonRoot"], True)
                    self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in spec["containers"]:
                        security = container["securityContext"]
                        self.assertIs(security["readOnlyRootFilesystem"], True)
                        self.assertIs(security["allowPrivilegeEscalation"], False)
                        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
                        self.assertEqual(set(container["resources"]), {"requests", "limits"})

    def test_nothing_binds_a_role(self):
        for environment in GIVEN:
            kinds = {item["kind"] for item in objects(environment)}
            self.assertFalse({kind for kind in kinds if "Role" in kind})

    def test_no_secret_is_in_the_chart(self):
        for environment in GIVEN:
            self.assertNotIn("Secret", {item["kind"] for item in objects(environment)})

    def test_a_pod_outlives_its_drain(self):
        for environment in GIVEN:
            deployment = the(environment, "Deployment", "geo-climate-api")["spec"]
            spec = deployment["template"]["spec"]
            config = yaml.safe_load(the(environment, "ConfigMap", "geo-climate-config")["data"]["performance.yaml"])
            # The servers give requests under way ten seconds after the drain.
            drain = config["api"]["drain_seconds"] + 10
            wait = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            self.assertGreater(spec["terminationGracePeriodSeconds"], wait + drain)
            self.assertEqual(deployment["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})

    def test_each_selector_finds_pods_and_only_their_own(self):
        items = objects("default")
        pods = {}
        for item in items:
            if item["kind"] in ("Deployment", "StatefulSet"):
                pods[item["metadata"]["name"]] = item["spec"]["template"]["metadata"]["labels"]
        for item in items:
            if item["kind"] == "Service":
                chosen = [name for name, labels in pods.items() if item["spec"]["selector"].items() <= labels.items()]
                with self.subTest(service=item["metadata"]["name"]):
                    self.assertEqual(len(chosen), 1)
                    self.assertTrue(item["metadata"]["name"].startswith(chosen[0]))

    def test_each_port_of_a_service_or_policy_is_one_that_its_pods_have(self):
        items = objects("default")
        ports = {}
        for item, spec in pod_specs(items):
            labels = (item["spec"].get("template") or item["spec"].get("jobTemplate", {}).get("spec", {}).get("template")
                      or item)["metadata"]["labels"]
            names = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
            ports[key(item)] = (labels, names)
        for item in items:
            if item["kind"] != "Service":
                continue
            for labels, names in ports.values():
                if item["spec"]["selector"].items() <= labels.items():
                    self.assertLessEqual({port["targetPort"] for port in item["spec"]["ports"]}, names)

    def test_the_management_listener_has_no_way_in(self):
        for environment in GIVEN:
            self.assertNotIn("8002", text(environment, "--show-only", "templates/api-services.yaml"))
            for item in objects(environment):
                if item["kind"] == "Ingress":
                    paths = [path["path"] for rule in item["spec"]["rules"] for path in rule["http"]["paths"]]
                    self.assertFalse([path for path in paths if "admin" in path or "metrics" in path])

    def test_both_ways_in_name_the_same_paths(self):
        known = (SOURCE / "nginx/routes.conf").read_text()
        first = set()
        for some, one in re.findall(r'^    "~\^/(?:\(\?:([^)]*)\)|([a-z0-9]+))', known, flags=re.MULTILINE):
            first |= {path.replace("\\", "").split("/")[0] for path in (some or one).split("|")}
        rules = the("default", "Ingress", "geo-climate-ingress")["spec"]["rules"]
        paths = {path["path"].strip("/") for rule in rules for path in rule["http"]["paths"]}
        self.assertEqual(paths - {""}, first)

    def test_the_rules_are_those_of_the_repository(self):
        groups = [group for path in sorted((SOURCE / "monitoring/prometheus/rules").glob("*.yml"))
                  for group in yaml.safe_load(path.read_text())["groups"]]
        self.assertEqual(the("default", "PrometheusRule", "geo-climate")["spec"]["groups"], groups)
        job = the("default", "ServiceMonitor", "geo-climate-api")["spec"]["endpoints"][0]["relabelings"][0]
        self.assertEqual(job, {"targetLabel": "job", "replacement": "geo-climate-api"})

    def test_memory_alone_never_scales_for_a_full_cache(self):
        hpa = the("default", "HorizontalPodAutoscaler", "geo-climate-api-hpa")["spec"]
        target = next(metric["resource"]["target"]["averageValue"] for metric in hpa["metrics"]
                      if metric.get("resource", {}).get("name") == "memory")
        # docs: 46 MB at the start, 64 MiB of cache, 2.1 MB for each of 256 models.
        self.assertGreater(int(re.fullmatch(r"(\d+)Gi", target).group(1)) << 30, 46e6 + (64 << 20) + 256 * 2.1e6)

    def test_each_job_runs_a_verb_that_the_program_has(self):
        verbs = set(re.findall(r"^  (\w+) {2,}", subprocess.run([PROGRAM, "--help"], check=True, capture_output=True,
                                                              text=True).stdout, flags=re.MULTILINE))
        for environment in GIVEN:
            for item, spec in pod_specs(objects(environment)):
                if item["kind"] == "CronJob" or key(item) == ("Deployment", "geo-climate-api"):
                    self.assertIn(spec["containers"][0]["args"][0], verbs)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
