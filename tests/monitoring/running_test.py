"""A real server, scraped by a real Prometheus with the committed rules, telling a real Alertmanager.

Usage: running_test.py PROGRAM SOURCE_DIR
"""

import sys
import unittest

from alerting_cases import AlertingTest
from exposition_cases import ExpositionTest
from runbook_cases import RunbookTest
from stack import Stack


def main():
    with Stack() as stack:
        AlertingTest.stack = ExpositionTest.stack = RunbookTest.stack = stack
        unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
