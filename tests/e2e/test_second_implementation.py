"""The second implementation, written from docs/protocol.md alone, calls the first.

    test_second_implementation.py SOURCES WORD_LIST WORK_FOLDER

SOURCES is tests/peer; its packages are installed into WORK_FOLDER. Skipped where there is no
Node.js, or where the registry of its packages cannot be reached.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tool
from tool import Folder, PATIENCE

UNREACHABLE = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|"
                         r"ETIMEDOUT|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|E5\d\d)\b")
NODE_MIN = 18


def install(sources, work):
    """A folder with the sources and, beside them, exactly the packages that their lock names."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            tool.skip("no %s" % program)
    version = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    if int(version.stdout.lstrip("v").split(".")[0]) < NODE_MIN:
        tool.skip("Node.js is older than %d: %s" % (NODE_MIN, version.stdout.strip()))
    os.makedirs(work, exist_ok=True)
    for file in glob.glob(os.path.join(sources, "*.js*")):
        shutil.copy(file, work)
    with open(os.path.join(sources, "package-lock.json")) as text:
        lock = text.read()
    stamp = os.path.join(work, "installed")
    if os.path.exists(stamp) and open(stamp).read() == lock:
        return work
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                           "--fetch-retries=1", "--fetch-timeout=20000"], cwd=work,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=240)
    if done.returncode != 0 and UNREACHABLE.search(done.stdout):
        tool.skip("the registry of npm cannot be reached")
    assert done.returncode == 0, done.stdout
    with open(stamp, "w") as text:
        text.write(lock)
    return work


class SecondImplementation(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def call(self, name, *options):
        """A listener, and a call to it that has just begun."""
        listener = self.folder.start(
            "listen", "--bind", "127.0.0.1:0", "--identity", self.folder.identity(name), "--answer",
            "auto", "--audio-in", "tone", "--audio-out", "null", "--video-in",
            "testcard:160x96@15", "--json", *options)
        self.addCleanup(listener.kill)
        peer = subprocess.Popen(["node", "main.js", listener.ticket(), word_list], cwd=packages,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(peer.kill)
        return listener, peer

    def check(self, listener, peer, name, profile):
        out, err = peer.communicate(timeout=90 * PATIENCE)
        self.assertEqual(peer.returncode, 0, out + err)
        theirs = json.loads(out)
        self.assertEqual(listener.wait(), 0, listener.err)
        ours = listener.summary()

        # Each says the same of the other and of what they share.
        words = listener.wait_line(listener.err, lambda line: line.startswith("words: "))
        self.assertEqual(words.split("  (")[0], "words: " + theirs["words"])
        self.assertEqual(ours["words"], theirs["words"])
        self.assertEqual(ours["peer"]["fingerprint"], theirs["fingerprint"])
        self.assertEqual(ours["peer"]["name"], "second")
        self.assertEqual(theirs["peer"]["name"], name)
        self.assertEqual(tool_fingerprint(self.folder, name), theirs["peer"]["fingerprint"])
        self.assertEqual((ours["profile"], theirs["profile"]), profile)
        self.assertEqual((ours["epochs"], theirs["epoch"]), (2, 2))
        self.assertTrue(ours["pq"])
        self.assertEqual(ours["result"], "ended")

        # What the document says of the way there and of the media.
        self.assertEqual(theirs["cookies"], 1)
        self.assertTrue(theirs["rang"])
        self.assertEqual(theirs["media"], {"flags": 3, "audio": 111, "video": 96, "fps": 15,
                                           "width": 160, "height": 96})
        # Sound is repeated (RED, 63) at first; no longer for who never reports what was lost.
        for kind, types in (("audio", [63, 111]), ("video", [96]), ("again", [97])):
            self.assertEqual(sorted(theirs[kind]["types"]), types, kind)
            self.assertLess(theirs[kind]["firstSequence"], 0x8000, kind)
        self.assertEqual(theirs["audio"]["epochs"], [1, 2])
        self.assertEqual(theirs["video"]["epochs"], [1, 2])
        # With none, one and two repeats, and by itself: what is said changes none of them.
        self.assertLessEqual(theirs["audio"]["sizes"], 4, "constant bit rate has one size")
        self.assertEqual(theirs["rtcp"]["types"], [200, 202])
        self.assertEqual(theirs["rtcp"]["firstIndexes"], [1, 1])

    def test_it_completes_a_call_with_either_aead_profile(self):
        calls = [
            ("anna", ("AEAD_AES_256_GCM", 8), self.call("anna")),
            ("berta", ("AEAD_AES_128_GCM", 7),
             self.call("berta", "--profile", "AEAD_AES_128_GCM")),
        ]
        for name, profile, (listener, peer) in calls:
            self.check(listener, peer, name, profile)


def tool_fingerprint(folder, name):
    shown = folder.run("id", "show", folder(name + ".id"))
    assert shown.returncode == 0, shown.stderr
    return re.search(r"^fingerprint\s+(.*)$", shown.stdout, re.MULTILINE).group(1)


if __name__ == "__main__":
    if not tool.TACET:
        sys.exit("set TACET to the tool's path, or run this through meson")
    sources, word_list, work = [os.path.abspath(a) for a in sys.argv[1:4]]
    packages = install(sources, work)
    unittest.main(argv=sys.argv[:1])
