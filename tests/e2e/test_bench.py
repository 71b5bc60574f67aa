"""tacet bench: each benchmark in its smallest form says what it measured, and where. Nothing here
asks how fast this machine is."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tool  # noqa: E402


def spread(test, sample):
    """A sample's object: its parts in order, from at least one value."""
    test.assertGreaterEqual(sample["count"], 1)
    parts = [sample[part] for part in ("min", "q1", "median", "q3", "max")]
    test.assertEqual(parts, sorted(parts))
    return sample["median"]


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tool.Folder()
        self.addCleanup(self.folder.remove)

    def measure(self, what, *options):
        """The rows of a benchmark; looks at what each output has to tell."""
        done = self.folder.run("bench", what, "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["bench"], what)
        machine = told["machine"]
        self.assertGreaterEqual(machine["cores"], 1)
        for member in ("cpu", "kernel", "compiler"):
            self.assertNotEqual(machine[member], "")
        for library in ("libsodium", "libsrtp", "libopus", "libvpx"):
            self.assertRegex(machine["libraries"][library], "[0-9]")
        self.assertTrue(told["results"])
        return told["results"]

    def refuse(self, *arguments):
        done = self.folder.run("bench", *arguments)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_handshakes_are_measured_by_side(self):
        rows = {row["step"]: row for row in self.measure("handshake", "--rounds", "1")}
        for row in rows.values():
            self.assertGreater(spread(self, row["us"]), 0)
            self.assertGreater(row["perSecond"], 0)
        both = next(row for step, row in rows.items() if step.startswith("handshake, both"))
        self.assertEqual(both["us"]["count"], 10)
        for side in ("caller", "callee"):
            row = next(row for step, row in rows.items() if step.startswith("handshake, " + side))
            self.assertLess(row["us"]["min"], both["us"]["min"])

    def test_srtp_is_measured_by_profile_and_size(self):
        rows = self.measure("srtp", "--rounds", "1")
        self.assertEqual(len({(row["profile"], row["bytes"]) for row in rows}), len(rows))
        self.assertEqual({row["profile"] for row in rows},
                         {"AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"})
        for row in rows:
            self.assertGreater(spread(self, row["protectNs"]), 0)
            self.assertGreater(spread(self, row["unprotectNs"]), 0)
            self.assertGreater(row["ratio"], 0)
            if row["profile"] == "AEAD_AES_256_GCM":
                self.assertEqual(row["ratio"], 1)

    def test_codecs_are_measured_by_setting(self):
        wav, y4m = self.folder("in.wav"), self.folder("in.y4m")
        tool.write_wav(wav, [(i * 37) % 8000 - 4000 for i in range(8000)], rate=16000)
        tool.write_y4m(y4m, 3)
        rows = self.measure("codec", "--seconds", "1", "--audio-in", "wav:" + wav,
                            "--video-in", "y4m:" + y4m)
        self.assertEqual({row["codec"] for row in rows}, {"opus", "vp8"})
        for row in rows:
            self.assertGreater(spread(self, row["encodeMs"]), 0)
            self.assertGreater(spread(self, row["decodeMs"]), 0)
            self.assertGreater(row["codedKbps"], 0)
            if row["codec"] == "opus":
                self.assertGreater(row["correlation"], 0.3)
                self.assertAlmostEqual(row["codedKbps"], row["kbps"], delta=1)
            else:
                self.assertGreater(spread(self, row["psnrDb"]), 20)

    def test_a_call_is_measured_beside_a_bare_loop(self):
        rows = self.measure("call", "--seconds", "1", "--rounds", "1")
        self.assertEqual([row["what"] for row in rows], ["call", "bare loop"] * 3)
        self.assertEqual([row["media"] for row in rows[::2]],
                         ["audio", "audio+360p", "audio+720p"])
        for row in rows:
            total, codec = row["cpuS"]["median"], row["codecS"]["median"]
            self.assertGreater(codec, 0)
            self.assertGreater(row["socketsS"]["median"], 0)
            self.assertGreater(total, 0)
            self.assertAlmostEqual(total, codec + row["socketsS"]["median"] +
                                   row["restS"]["median"], delta=total * 1e-3)
            self.assertAlmostEqual(total, codec + row["kernelS"]["median"] +
                                   row["engineS"]["median"], delta=total * 1e-3)
            if row["media"] != "audio":
                self.assertGreater(row["picturesPerSecond"]["median"], 0)
        for row in rows[::2]:
            self.assertGreater(row["ratio"]["median"], 0)

    def test_a_table_tells_the_machine_and_what_the_figures_are(self):
        done = self.folder.run("bench", "srtp", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libsrtp2", done.stdout)
        self.assertIn("protect ns", done.stdout)
        self.assertEqual(done.stdout.count("AES_CM_128_HMAC_SHA1_80"), 4)

    def test_help_is_there_for_all_and_for_each(self):
        for arguments in ([], ["handshake"], ["srtp"], ["codec"], ["call"]):
            done = self.folder.run("bench", *arguments, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("usage: tacet bench " + (arguments or ["WHAT"])[0], done.stdout)

    def test_words_that_are_not_understood_are_refused(self):
        self.refuse()
        self.refuse("speed")
        self.refuse("srtp", "--seconds", "2")
        self.refuse("srtp", "--rounds", "0")
        self.refuse("call", "--audio-in", "mic")
        self.refuse("codec", "--video-in", "none")
        self.refuse("handshake", "more")

    def test_a_file_that_is_not_there_is_named(self):
        done = self.folder.run("bench", "codec", "--audio-in", "wav:/no/such/file.wav")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("/no/such/file.wav", done.stderr)


if __name__ == "__main__":
    unittest.main()
