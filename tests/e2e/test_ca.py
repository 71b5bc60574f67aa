"""A certificate authority and those who ask it: one name, one key, whatever happens.

Two processes that sign at once, and a process killed at every byte that it writes, never yield two
certificates for one name with different keys, nor a registry that cannot be read.
"""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import Folder, TACET

ROUNDS = int(os.environ.get("TACET_CA_ROUNDS", "200"))
NAME = "anna@example.org"
LISTEN = ["listen", "--answer", "auto", "--trust", "contacts"]
SILENT = ["--audio-in", "silence", "--audio-out", "null"]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.processes = []
        self.addCleanup(lambda: [p.kill() for p in self.processes])

    def tacet(self, *arguments, status=0):
        done = self.folder.run(*arguments)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done

    def refused(self, names, *arguments, status=1):
        """One line on standard error that contains `names`, nothing on standard output."""
        done = self.tacet(*arguments, status=status)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("tacet: "), done.stderr)
        self.assertIn(names, done.stderr)

    def ca(self, name="ca", *options):
        self.tacet("ca", "new", "--out", name, "--no-passphrase", *options)
        return name

    def identity(self, file, name=NAME):
        self.tacet("id", "new", "--out", file, "--name", name, "--no-passphrase")
        return file

    def request(self, identity, out, *options, ca="ca"):
        self.tacet("id", "request", "--ca", ca + "/authority", "--identity", identity, "--out", out,
                   *options)
        return out

    def sign(self, request, *options, ca="ca", status=0):
        return self.tacet("ca", "sign", request, "--dir", ca, *options, status=status)

    def records(self, ca="ca"):
        return json.loads(self.tacet("ca", "list", "--dir", ca, "--json").stdout)

    def operations(self, ca="ca"):
        return [record["operation"] for record in self.records(ca)]

    def certified(self, identity, ca="ca"):
        """The identity with a certificate of that CA in it."""
        request = self.request(identity, identity + ".request", ca=ca)
        self.sign(request, ca=ca)
        self.tacet("id", "add-certificate", request + ".cert", "--identity", identity)
        return identity


class Names(Case):
    def test_name_bound_to_another_key_is_refused_and_recorded(self):
        self.ca()
        anna, other = self.identity("anna"), self.identity("other")
        self.sign(self.request(anna, "r1"))
        self.refused("bound to another key", "ca", "sign", self.request(other, "r2"), "--dir", "ca")
        self.assertFalse(os.path.exists(self.folder("r2.cert")))
        self.assertEqual(self.operations(), ["FOUNDED", "ISSUED", "REFUSED"])
        self.assertEqual(self.records()[2]["name"], NAME)
        # The key that has it may renew.
        self.sign(self.request(anna, "r3"))
        self.assertEqual(self.operations()[3:], ["ISSUED"])
        self.tacet("ca", "audit", "--dir", "ca")

    def test_same_request_gives_the_same_certificate_and_no_record(self):
        self.ca()
        self.sign(self.request(self.identity("anna"), "r1"))
        self.sign("r1", "--out", "again")
        with open(self.folder("r1.cert"), "rb") as one, open(self.folder("again"), "rb") as two:
            self.assertEqual(one.read(), two.read())
        self.assertEqual(self.operations(), ["FOUNDED", "ISSUED"])

    def test_old_key_or_the_operator_gives_a_name_to_another_key(self):
        self.ca()
        anna, other, third = (self.identity(i) for i in ("anna", "other", "third"))
        self.sign(self.request(anna, "r1"))
        self.sign(self.request(other, "r2", "--old", anna))
        self.sign(self.request(anna, "r3"), status=1)
        self.sign(self.request(third, "r4", "--old", anna), status=1)
        self.sign(self.request(third, "r5"), "--rebind")
        self.assertEqual(self.operations(), ["FOUNDED", "ISSUED", "REBOUND", "REFUSED", "REFUSED",
                                             "REBOUND"])
        self.assertIn("by the key before", self.records()[2]["ground"])
        self.assertIn("operator", self.records()[5]["ground"])
        self.tacet("ca", "audit", "--dir", "ca")

    def test_revoked_key_is_not_signed_again(self):
        self.ca()
        anna, other = self.identity("anna"), self.identity("other")
        self.sign(self.request(anna, "r1"))
        serial = self.records()[1]["serial"]
        self.refused("nothing was signed", "ca", "revoke", "nobody", "--dir", "ca")
        self.refused("nothing was signed", "ca", "revoke", "0000:0000:0000:0000",
                     "--dir", "ca")
        self.tacet("ca", "revoke", serial, "--dir", "ca")
        self.refused("revoked before", "ca", "revoke", NAME, "--dir", "ca")
        self.sign(self.request(anna, "r2"), status=1)
        self.sign(self.request(other, "r3"), status=1)  # free after 30 days only
        self.assertEqual(self.operations()[2:], ["REVOKED", "REFUSED", "REFUSED"])
        self.tacet("ca", "audit", "--dir", "ca")

    def test_authority_signs_inside_its_suffix_only(self):
        self.ca("ca", "--suffix", "example.org")
        anna, stranger = self.identity("anna"), self.identity("stranger", "anna@bad-example.org")
        self.sign(self.request(anna, "r1"))
        self.refused("example.org", "id", "request", "--ca", "ca/authority", "--identity", stranger)
        self.assertFalse(os.path.exists(self.folder("anna@bad-example.org.request")))


class Files(Case):
    def test_what_does_not_fit_is_refused_with_one_line(self):
        self.ca()
        self.ca("ca2")
        anna, other = self.identity("anna"), self.identity("other")
        self.request(anna, "r1")
        self.sign("r1")
        self.refused("left alone", "ca", "new", "--out", "ca", "--no-passphrase")
        self.refused("there is no CA key", "ca", "sign", "r1", "--dir", "nowhere")
        self.refused("there is no request", "ca", "sign", "nothing", "--dir", "ca")
        self.refused("is not a request", "ca", "sign", "anna", "--dir", "ca")
        self.refused("to another CA", "ca", "sign", "r1", "--dir", "ca2")
        self.refused("left alone", "id", "request", "--ca", "ca/authority", "--identity", anna,
                     "--out", "r1")
        self.refused("--ca FILE is missing", "id", "request", "--identity", anna, status=2)
        self.refused("not the public file", "id", "request", "--ca", "r1", "--identity", anna)
        self.refused("not of this identity", "id", "add-certificate", "r1.cert", "--identity",
                     other)
        self.refused("not a certificate", "id", "add-certificate", "r1", "--identity", anna)
        self.refused("neither a name nor a serial", "ca", "revoke", "Anna", "--dir", "ca")
        self.refused("cannot be a suffix", "ca", "new", "--suffix", "UP", "--out", "x")
        self.refused("unknown command 'ca dance'", "ca", "dance", status=2)
        self.refused("--crl needs --ca", "call", "127.0.0.1:9", "--crl", "x", status=2)
        self.refused("not the public file", "call", "127.0.0.1:9", "--ca", "r1")
        self.refused("--strict-crl needs --crl", "call", "127.0.0.1:9", "--strict-crl", status=2)
        self.refused("--strict-crl needs --crl", *LISTEN, "--ca", "ca/authority", "--strict-crl",
                     status=2)
        self.refused("16 times", "call", "127.0.0.1:9", *["--ca", "ca/authority"] * 17, status=2)

    def test_key_is_sealed_and_others_cannot_read_it(self):
        with open(self.folder("pass"), "w") as passphrase:
            passphrase.write("tulip\n")
        os.chmod(self.folder("pass"), 0o600)
        self.tacet("ca", "new", "--out", "ca", "--passphrase-file", "pass")
        self.request(self.identity("anna"), "r1")
        self.refused("is sealed", "ca", "sign", "r1", "--dir", "ca")
        self.sign("r1", "--passphrase-file", "pass")
        # What needs no signature needs no passphrase.
        self.tacet("ca", "audit", "--dir", "ca")
        self.tacet("ca", "list", "--dir", "ca")
        os.chmod(self.folder("ca/key"), 0o640)
        self.refused("others may read", "ca", "sign", "r1", "--dir", "ca", "--passphrase-file",
                     "pass")

    def test_certificate_goes_into_a_sealed_identity_and_it_stays_sealed(self):
        with open(self.folder("pass"), "w") as passphrase:
            passphrase.write("tulip\n")
        os.chmod(self.folder("pass"), 0o600)
        self.ca()
        self.tacet("id", "new", "--out", "anna", "--name", NAME, "--passphrase-file", "pass")
        sealed = ["--identity", "anna", "--passphrase-file", "pass"]
        self.tacet("id", "request", "--ca", "ca/authority", "--out", "r1", *sealed)
        self.sign("r1")
        self.tacet("id", "add-certificate", "r1.cert", *sealed)
        self.tacet("id", "show", "anna", status=1)
        self.tacet("id", "show", "anna", "--passphrase-file", "pass")

    def test_broken_registry_stops_everything(self):
        self.ca()
        self.request(self.identity("anna"), "r1")
        self.request(self.identity("other"), "r2")
        self.sign("r1")
        with open(self.folder("ca/registry"), "rb") as registry:
            good = registry.read()
        for at in range(0, len(good), 7):
            with open(self.folder("ca/registry"), "wb") as registry:
                registry.write(good[:at] + bytes([good[at] ^ 4]) + good[at + 1:])
            self.refused("is broken", "ca", "sign", "r2", "--dir", "ca")
        self.assertFalse(os.path.exists(self.folder("r2.cert")))
        self.refused("is broken", "ca", "audit", "--dir", "ca")


class Calls(Case):
    def start(self, *arguments):
        process = self.folder.start(*arguments)
        self.processes.append(process)
        return process

    def listen(self, identity, *options):
        return self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                          identity, "--json", *SILENT, *options)

    def call(self, where, identity, *options):
        return self.start("call", where, "--identity", identity, "--json", "--seconds", "1",
                          *SILENT, *options)

    def address(self, listener):
        return listener.ticket().split("@")[1]

    def setUp(self):
        super().setUp()
        self.ca()
        self.anna = self.certified(self.identity("anna"))
        self.berta = self.certified(self.identity("berta", "berta@example.org"))
        self.trust = ["--ca", "ca/authority", "--require", "certificate"]

    def test_certified_parties_call_each_other_by_address_alone(self):
        listener = self.listen(self.berta, "--open", *self.trust)
        caller = self.call(self.address(listener), self.anna, *self.trust)
        for process, name in ((caller, "berta@example.org"), (listener, NAME)):
            self.assertEqual(process.wait(), 0, process.err)
            self.assertEqual(process.summary()["peer"]["trust"], "certified")
            self.assertEqual(process.summary()["peer"]["name"], name)

    def test_who_has_no_certificate_is_not_certified_and_not_let_in(self):
        stranger = self.identity("stranger")
        self.ca("ca2")
        # One after the other would wait 15 s each.
        strict = self.listen(self.berta, *self.trust)
        lenient = self.listen(self.berta, "--ca", "ca/authority")
        unknown = self.listen(self.identity("carla"), "--open")
        elsewhere = self.listen(self.berta, "--open")
        refused = [
            self.call(strict.ticket(), stranger),
            self.call(self.address(unknown), self.anna, *self.trust),
            self.call(self.address(elsewhere), self.anna, "--ca", "ca2/authority", "--require",
                      "certificate"),
        ]
        taken = self.call(lenient.ticket(), stranger)
        self.assertEqual(taken.wait(), 0, taken.err)
        self.assertEqual(lenient.wait(), 0, lenient.err)
        self.assertEqual(lenient.summary()["peer"]["trust"], "unverified")
        for process in refused:
            self.assertEqual(process.wait(), 1, process.err)
        for process in (strict, unknown, elsewhere):
            self.assertIsNone(process.process.poll(), "it rang: %s" % process.err)
        self.assertIn("--ca", strict.wait_line(strict.err, lambda line: "refused: " in line))

    def test_revoked_key_is_refused_also_with_its_ticket(self):
        self.tacet("ca", "revoke", "berta@example.org", "--dir", "ca")
        self.tacet("ca", "export", "--dir", "ca", "--crl", "list")
        trust = ["--ca", "ca/authority", "--crl", "list"]
        revoked = self.listen(self.berta)
        listener = self.listen(self.anna, *trust)
        by_ticket = self.call(revoked.ticket(), self.anna, *trust)
        calling = self.call(listener.ticket(), self.berta)
        self.assertEqual(by_ticket.wait(), 1, by_ticket.err)
        self.assertIn("revoked", by_ticket.err[-1])
        self.assertEqual(calling.wait(), 1, calling.err)
        for process in (revoked, listener):
            self.assertIsNone(process.process.poll(), "it rang: %s" % process.err)
        self.assertIn("tacet id new",
                      listener.wait_line(listener.err, lambda line: "refused: " in line))
        # Without the list the same two talk.
        again = self.call(revoked.ticket(), self.anna, "--ca", "ca/authority")
        self.assertEqual(again.wait(), 0, again.err)
        self.assertEqual(again.summary()["peer"]["trust"], "certified")

    def test_list_published_between_two_calls_counts_for_the_second(self):
        self.tacet("ca", "export", "--dir", "ca", "--crl", "list")
        listener = self.listen(self.berta, "--calls", "2", "--ca", "ca/authority", "--crl", "list")
        first = self.call(listener.ticket(), self.anna)
        listener.wait_answered()
        self.tacet("ca", "revoke", NAME, "--dir", "ca")
        self.tacet("ca", "export", "--dir", "ca", "--crl", "list")
        self.assertEqual(first.wait(), 0, first.err)
        second = self.call(listener.ticket(), self.anna)
        self.assertEqual(second.wait(), 1, second.err)
        self.assertIsNone(listener.process.poll(), "it rang: %s" % listener.err)

    def test_older_list_is_refused_by_the_next_process(self):
        self.tacet("ca", "export", "--dir", "ca", "--crl", "old")
        self.tacet("ca", "revoke", NAME, "--dir", "ca")
        self.tacet("ca", "export", "--dir", "ca", "--crl", "new")
        self.ca("ca2")
        self.tacet("ca", "export", "--dir", "ca2", "--crl", "other")
        both = ["--ca", "ca/authority", "--ca", "ca2/authority", "--crl", "other", "--crl"]
        listener = self.listen(self.berta, "--trust", "contacts", *both, "new")
        listener.ticket()
        for _ in range(2):
            self.refused("'old' is older", *LISTEN, *both, "old")
        # A file that is cut is told and left; one beside a killed writer is not looked at.
        seen = self.folder("contacts.lists")
        with open(seen, "rb") as file:
            good = file.read()
        with open(seen + ".XXXXXX", "wb") as file:
            file.write(good[:9])
        self.refused("'old' is older", *LISTEN, *both, "old")
        for size in range(0, len(good), 17):
            with open(seen, "wb") as file:
                file.write(good[:size])
            self.refused("is damaged", *LISTEN, *both, "new")
            self.assertEqual(os.path.getsize(seen), size)
        with open(seen, "wb") as file:
            file.write(good)
        self.refused("'old' is older", *LISTEN, *both, "old")
        # Who keeps other contacts has not seen the new one.
        fresh = self.listen(self.berta, "--trust", "others", *both, "old")
        fresh.ticket()

    def test_two_processes_lose_no_list_that_either_has_seen(self):
        self.tacet("ca", "export", "--dir", "ca", "--crl", "old")
        self.tacet("ca", "revoke", NAME, "--dir", "ca")
        self.tacet("ca", "export", "--dir", "ca", "--crl", "new")
        lists = []
        for i in range(6):
            name = "ca%d" % (i + 2)
            self.ca(name)
            self.tacet("ca", "export", "--dir", name, "--crl", name + ".list")
            lists.append(["--ca", name + "/authority", "--crl", name + ".list"])
        lists.append(["--ca", "ca/authority", "--crl", "new"])
        for process in [self.listen(self.berta, "--trust", "contacts", *one) for one in lists]:
            process.ticket()
        self.assertEqual(os.path.getsize(self.folder("contacts.lists")), 40 + 7 * 48)
        self.refused("'old' is older", *LISTEN, "--ca", "ca/authority",
                     "--crl", "old")

    def test_list_that_does_not_fit_is_refused(self):
        self.ca("ca2")
        self.tacet("ca", "export", "--dir", "ca2", "--crl", "list2")
        self.refused("not signed by the CA", "call", "127.0.0.1:9", "--ca", "ca/authority", "--crl",
                     "list2")
        self.refused("not a revocation list", "call", "127.0.0.1:9", "--ca", "ca/authority",
                     "--crl", "anna")


class Survival(Case):
    def keys(self, *certificates):
        """The Ed25519 keys in those certificates that are there."""
        found = set()
        for name in certificates:
            if os.path.exists(self.folder(name)):
                with open(self.folder(name), "rb") as certificate:
                    found.add(certificate.read()[-192:-160])
        return found

    def run_limited(self, size, *arguments):
        """The tool, killed at the first byte that it would write behind `size` bytes of a file."""
        return subprocess.run(
            [TACET, *arguments], cwd=self.folder.path, env=self.folder.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))

    def test_kill_at_every_byte_of_a_record_never_gives_one_name_to_two_keys(self):
        self.ca("blank")
        self.request(self.identity("anna"), "r1", ca="blank")
        self.request(self.identity("other"), "r2", ca="blank")
        before = os.path.getsize(self.folder("blank/registry"))
        shutil.copytree(self.folder("blank"), self.folder("full"))
        self.sign("r1", ca="full")
        record = os.path.getsize(self.folder("full/registry")) - before
        os.remove(self.folder("r1.cert"))
        # No file that the tool writes beside it is longer, or its limit would come first.
        self.assertGreater(record, 300)
        killed = 0
        for written in range(record + 1):
            shutil.rmtree(self.folder("ca"), ignore_errors=True)
            shutil.copytree(self.folder("blank"), self.folder("ca"))
            done = self.run_limited(before + written, "ca", "sign", "r1", "--dir", "ca", "--out",
                                    "c1")
            if done.returncode == -signal.SIGXFSZ:
                killed += 1
                self.assertEqual(os.path.getsize(self.folder("ca/registry")), before + written)
                self.assertEqual(self.keys("c1"), set(), "signed before it was written")
            # Whatever is there is read, and the other key asks.
            second = self.folder.run("ca", "sign", "r2", "--dir", "ca", "--out", "c2")
            self.assertEqual(len(self.keys("c1", "c2")), 1, (written, second.stderr))
            self.assertEqual(second.returncode, 0 if written < record else 1, second.stderr)
            for name in ("c1", "c2"):
                if os.path.exists(self.folder(name)):
                    os.remove(self.folder(name))
            if written % 16 == 0 or written >= record - 1:
                self.tacet("ca", "audit", "--dir", "ca")
        self.assertEqual(killed, record)

    def test_two_that_sign_at_once_never_give_one_name_to_two_keys(self):
        self.ca()
        one, two = self.identity("one"), self.identity("two")
        for i in range(ROUNDS):
            name = "anna%d@example.org" % i
            self.request(one, "a%d" % i, "--name", name)
            self.request(two, "b%d" % i, "--name", name)
        for i in range(ROUNDS):
            both = [subprocess.Popen([TACET, "ca", "sign", "%s%d" % (who, i), "--dir", "ca"],
                                     cwd=self.folder.path, env=self.folder.env,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL) for who in "ab"]
            self.assertEqual(sorted(process.wait() for process in both), [0, 1])
            self.assertEqual(len(self.keys("a%d.cert" % i, "b%d.cert" % i)), 1)
        operations = self.operations()
        self.assertEqual(operations.count("ISSUED"), ROUNDS)
        self.assertEqual(operations.count("REFUSED"), ROUNDS)
        self.tacet("ca", "audit", "--dir", "ca")


if __name__ == "__main__":
    unittest.main(verbosity=2)
