"""The programs of docs/embedding.md: the one with a loop of its own calls the one with a runner.
That of README.md tells why it cannot take calls.

    test_embedding.py RUNNER LOOP README
"""
import os
import re
import socket
import subprocess
import sys
import unittest

PROGRAMS = []


class Embedding(unittest.TestCase):
    def test_the_examples_call_each_other(self):
        runner, loop, _ = PROGRAMS
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

    def run_readme(self):
        # The sound system's plug-ins leak, and no suppression can name what has been unloaded.
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run([PROGRAMS[2]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, env=env)

    def test_the_example_of_the_readme_says_why_it_cannot_listen(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            try:
                taken.bind(("0.0.0.0", 5000))
            except OSError:
                pass  # somebody else has it
            done = self.run_readme()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Acannot listen at port 5000: .+\n\Z")

    def test_the_example_of_the_readme_says_so_where_there_is_no_sound_card(self):
        done = self.run_readme()
        if done.returncode != 0:
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr.splitlines()[-1], r"^no (microphone|speaker): .")


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1])
