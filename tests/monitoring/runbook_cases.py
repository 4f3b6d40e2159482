"""The commands of the runbooks, run by a person's shell against the real platform."""

import re
import subprocess
import textwrap
import unittest

from sources import RUNBOOKS


def commands(page):
    """The blocks that are marked to be run."""
    blocks = re.findall(r"^( *)```bash run\n(.*?)^\1```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in blocks]


class RunbookTest(unittest.TestCase):
    stack = None

    def test_every_command_that_is_marked_works_and_says_something(self):
        environment = self.stack.environment()
        for page in sorted(RUNBOOKS.glob("*.md")):
            for block in commands(page):
                with self.subTest(f"{page.name}: {block}"):
                    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], env=environment,
                                          capture_output=True, text=True, timeout=300, check=False)
                    self.assertEqual(0, done.returncode, done.stdout + done.stderr)
                    self.assertNotEqual("", done.stdout.strip(), done.stderr)

    # What it cuts off fails, now and then, of a pipe that nobody reads.
    def test_no_command_is_cut_off_by_head(self):
        for page in RUNBOOKS.glob("*.md"):
            for block in commands(page):
                self.assertNotIn("| head", block, page.name)

    def test_every_page_has_a_command_that_is_run(self):
        for page in RUNBOOKS.glob("*.md"):
            self.assertTrue(commands(page), page.name)
