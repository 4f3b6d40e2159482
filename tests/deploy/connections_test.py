"""How the chart shares out the connections of the database.

Usage: connections_test.py PROGRAM SOURCE_DIR
"""

import sys
import unittest

import yaml

from rendering import GIVEN, objects, refusal, settings


def pool(environment, **values):
    arguments = [part for name, value in values.items() for part in ("--set", f"{name.replace('__', '.')}={value}")]
    return yaml.safe_load(settings(environment, *arguments))["database"]["pool"]


class ConnectionsTest(unittest.TestCase):
    def test_all_pods_together_stay_within_what_the_database_has(self):
        for environment in GIVEN:
            for connections in (70, 137, 5000):
                for most in (3, 20):
                    with self.subTest(environment=environment, connections=connections, most=most):
                        arguments = ("--set", f"database.maxConnections={connections}",
                                     "--set", "database.reservedConnections=10", "--set", f"autoscaling.maxReplicas={most}")
                        items = objects(environment, *arguments)
                        each = yaml.safe_load(settings(environment, *arguments))["database"]["pool"]
                        scaled = [item for item in items if item["kind"] == "HorizontalPodAutoscaler"]
                        servers = scaled[0]["spec"]["maxReplicas"] if scaled else 1
                        of_jobs = sum(
                            int(variable["value"]) for item in items if item["kind"] == "CronJob"
                            for variable in item["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"]
                            if variable["name"] == "GEOCLIMATE_DATABASE__POOL__MAX_SIZE")
                        # One that comes and one that goes during a rollout.
                        self.assertLessEqual((servers + 2) * each["max_size"] + of_jobs + 10, connections)
                        self.assertGreaterEqual(each["max_size"], 2)
                        self.assertLessEqual(each["min_size"], each["max_size"])

    def test_the_shares_by_hand(self):
        # 100 less 20 reserved less 3 jobs of 2 is 74, for 20 + 2 servers.
        self.assertEqual(pool("default"), {"min_size": 2, "max_size": 3})
        # 500 less 50 less 5 jobs of 2 is 440, for 22.
        self.assertEqual(pool("production"), {"min_size": 2, "max_size": 20})
        # 74 for 6 + 2.
        self.assertEqual(pool("staging"), {"min_size": 2, "max_size": 9})
        # 100 less 20 less 2 jobs of 2 is 76, for 1 + 2: more than a server may have.
        self.assertEqual(pool("dev"), {"min_size": 2, "max_size": 20})
        self.assertEqual(pool("dev", database__maxPoolSize=5)["max_size"], 5)

    def test_the_last_number_that_gives_each_server_two_renders_and_one_less_does_not(self):
        # 22 servers of 2, 3 jobs of 2, 20 reserved.
        self.assertEqual(pool("default", database__maxConnections=70)["max_size"], 2)
        said = refusal("default", "--set", "database.maxConnections=69")
        self.assertIn("database.maxConnections is 69: less 20 reserved and 6 for jobs that leaves 43 for 22 servers, and "
                      "each needs 2", said)

    def test_fewer_connections_than_are_reserved_are_refused(self):
        self.assertIn("each needs 2", refusal("default", "--set", "database.maxConnections=15"))

    def test_a_pgbouncer_takes_all_that_servers_ask_for(self):
        self.assertEqual(pool("default", database__maxConnections=10, database__pgbouncer="true")["max_size"], 20)

    def test_the_database_of_the_chart_has_as_many_as_were_shared_out(self):
        items = objects("default", "--set", "database.maxConnections=137")
        config = next(item for item in items if item["metadata"]["name"] == "postgres-config")
        self.assertIn("max_connections = 137\n", config["data"]["postgresql.conf"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
