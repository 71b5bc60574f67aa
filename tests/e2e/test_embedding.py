"""The programs of docs/embedding.md: the one with a loop of its own calls the one with a runner.

    test_embedding.py RUNNER LOOP
"""
import re
import subprocess
import sys
import unittest

PROGRAMS = []


class Embedding(unittest.TestCase):
    def test_the_examples_call_each_other(self):
        runner, loop = PROGRAMS
        callee = subprocess.Popen([runner], stdout=subprocess.PIPE, text=True)
        try:
            address = callee.stdout.readline().strip()
            self.assertRegex(address, r"^127\.0\.0\.1:\d+$")
            caller = subprocess.run([loop, address], stdout=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(caller.returncode, 0, caller.stdout)
            self.assertEqual(len(re.search(r"^words: (.*)$", caller.stdout, re.M)[1].split()), 4)
            # The tone of one second, 50 frames, less what the slowest machine may miss.
            self.assertGreater(int(re.search(r"^frames: (\d+)$", caller.stdout, re.M)[1]), 25)
            rest = callee.communicate(timeout=60)[0]
            self.assertEqual(callee.returncode, 0)
            self.assertIn("message: hello\n", rest)
        finally:
            callee.kill()
            callee.communicate()


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
