"""The command line as a contract: what is refused and how, exit statuses, output, files.

Slow ends (nobody reached in 15 s, a peer lost after 30 s, not answered in 60 s) are begun first,
run beside the quick tests and are looked at last.
"""
import os
import pty
import re
import select
import signal
import socket
import stat
import sys
import threading
import termios
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tool
from tool import Folder, PATIENCE

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "tacet.1")
SILENT = ["--audio-in", "silence", "--audio-out", "null"]
SMALL = ["--audio-in", "tone", "--video-in", "testcard:160x96@15"]

slow = {}  # processes with slow ends, by name


def silent_socket():
    """A bound UDP socket that never answers, and its address."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s, "127.0.0.1:%d" % s.getsockname()[1]


class Relay:
    """As a NAT or a firewall it lets in only what comes from the address that was written to."""

    def __init__(self, host, port):
        self.inner, self.address = silent_socket()
        self.outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outer.connect((host, port))
        self.stop, self.stopped = socket.socketpair()
        self.thread = threading.Thread(target=self.forward)
        self.thread.start()

    def forward(self):
        client = None
        while True:
            ready = select.select([self.inner, self.outer, self.stopped], [], [])[0]
            if self.stopped in ready:
                return
            for side in ready:
                try:
                    data, source = side.recvfrom(2048)
                    if side is self.inner:
                        client = source
                        self.outer.send(data)
                    elif client:
                        self.inner.sendto(data, client)
                except ConnectionRefusedError:
                    pass  # one of them is gone

    def close(self):
        self.stop.close()
        self.thread.join()
        for s in (self.inner, self.outer, self.stopped):
            s.close()


def setUpModule():
    slow["folder"] = folder = Folder()
    anna, berta = folder.identity("anna"), folder.identity("berta")
    # Nobody answers.
    slow["socket"], address = silent_socket()
    slow["silent"] = folder.start("call", address, "--identity", anna, "--json", *SILENT)
    # Somebody else listens where the ticket's owner should.
    other = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", berta, "--answer", "auto",
                         *SILENT)
    slow["other"] = other
    key = re.search(r"tacet:([\w-]+)@", own_ticket(folder, anna)).group(1)
    ticket = re.sub(r"tacet:[\w-]+@", "tacet:%s@" % key, other.ticket())
    slow["else"] = folder.start("call", ticket, "--identity", berta, "--json", *SILENT)
    # A contact's name with another key; and a caller who is asked for more than it has.
    changed = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", berta, "--open",
                           "--answer", "auto", *SILENT)
    slow["changed_listener"] = changed
    folder.contact("berta", key, "--trust", "changed.trust")
    slow["changed"] = folder.start("call", changed.ticket().split("@")[1], "--identity", anna,
                                   "--trust", "changed.trust", "--json", *SILENT)
    slow["strict"] = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", berta,
                                  "--trust", "none.trust", "--require", "pin", "--answer", "auto",
                                  *SILENT)
    slow["stranger"] = folder.start("call", slow["strict"].ticket(), "--identity", anna, "--json",
                                    *SILENT)
    # The two sides allow no profile in common.
    slow["default"] = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", berta,
                                   "--answer", "auto", *SILENT)
    slow["profile"] = folder.start("call", slow["default"].ticket(), "--identity", anna, "--json",
                                   "--profile", "AES_CM_128_HMAC_SHA1_80", *SILENT)
    # A peer is killed in the middle.
    slow["survivor"] = folder.start(
        "listen", "--bind", "127.0.0.1:0", "--identity", anna, "--answer", "auto", "--json",
        "--audio-in", "tone", "--audio-out", "wav:survivor.wav", "--video-out", "y4m:survivor.y4m",
        "--frame-log", "survivor.csv", "--stats", "survivor.json")
    slow["victim"] = folder.start(
        "call", slow["survivor"].ticket(), "--identity", berta, "--audio-out", "wav:victim.wav",
        "--video-out", "y4m:victim.y4m", "--frame-log", "victim.csv", "--stats", "victim.json",
        *SMALL)
    # Nobody answers the ring.
    slow["ring_terminal"], terminal = pty.openpty()
    slow["ringing"] = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", anna, *SILENT,
                                   stdin=terminal)
    os.close(terminal)
    slow["waiting"] = folder.start("call", slow["ringing"].ticket(), "--identity", berta, *SILENT)


def tearDownModule():
    for thing in slow.values():
        if isinstance(thing, tool.Process):
            thing.kill()
    slow["socket"].close()
    os.close(slow["ring_terminal"])
    slow["folder"].remove()


def own_ticket(folder, identity):
    """A ticket of that identity; nobody listens there any more."""
    listener = folder.start("listen", "--bind", "127.0.0.1:0", "--identity", identity, "--answer",
                            "auto", *SILENT)
    ticket = listener.ticket()
    listener.process.send_signal(signal.SIGTERM)
    assert listener.wait() == 0, listener.err
    return ticket


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.processes = []
        self.addCleanup(lambda: [p.kill() for p in self.processes])

    def start(self, *arguments, **options):
        process = self.folder.start(*arguments, **options)
        self.processes.append(process)
        return process

    def refused(self, status, names, *arguments, **options):
        """One line on standard error that contains `names`, nothing on standard output."""
        done = self.folder.run(*arguments, **options)
        with self.subTest(arguments=arguments):
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertTrue(done.stderr.startswith("tacet: "), done.stderr)
            self.assertIn(names, done.stderr)

    def pair(self, listen=(), call=()):
        """Two processes in a call: the listener, the caller."""
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                              self.folder.identity("berta"), *listen)
        caller = self.start("call", listener.ticket(), "--identity", self.folder.identity("anna"),
                            *call)
        return listener, caller


class Refusals(Case):
    def test_what_cannot_be_understood_is_refused_with_status_2(self):
        for names, *arguments in [
                ("which command", ),
                ("unknown command 'dance'", "dance"),
                ("unknown command 'id dance'", "id", "dance"),
                ("new or show", "id"),
                ("TICKET|ADDR:PORT|LABEL is missing", "call"),
                ("'two'", "call", "one", "two"),
                ("'--loud'", "call", "127.0.0.1:9", "--loud"),
                ("'--loud'", "listen", "--loud=yes"),
                ("--seconds needs a value", "call", "127.0.0.1:9", "--seconds"),
                ("--seconds 'ten'", "call", "127.0.0.1:9", "--seconds", "ten"),
                ("--seconds '0'", "call", "127.0.0.1:9", "--seconds=0"),
                ("--seconds '99999999999999999999'", "call", "127.0.0.1:9", "--seconds",
                 "99999999999999999999"),
                ("--loop takes no value", "call", "127.0.0.1:9", "--loop=yes"),
                ("--calls '0'", "listen", "--calls", "0"),
                ("--profile 'NONE'", "call", "127.0.0.1:9", "--profile", "NONE"),
                ("--require 'friend'", "call", "127.0.0.1:9", "--require", "friend"),
                ("behind the label", "id", "trust", "berta"),
                ("LABEL is missing", "id", "verify"),
                ("--answer 'maybe'", "listen", "--answer", "maybe"),
                ("--answer ask needs a terminal", "listen"),
                ("--audio-in 'radio'", "call", "127.0.0.1:9", "--audio-in", "radio"),
                ("--audio-in 'wav:'", "call", "127.0.0.1:9", "--audio-in", "wav:"),
                ("--audio-out 'wav'", "call", "127.0.0.1:9", "--audio-out", "wav"),
                ("--video-in 'testcard:9'", "call", "127.0.0.1:9", "--video-in", "testcard:9"),
                ("--video-in 'camera'", "call", "127.0.0.1:9", "--video-in", "camera"),
                ("--video-out 'wall'", "call", "127.0.0.1:9", "--video-out", "wall"),
                ("--no-passphrase", "id", "new", "--no-passphrase", "--passphrase-file", "x"),
                ("'x'", "devices", "x"),
                ("'x'", "demo", "x"),
        ]:
            self.refused(2, names, *arguments)

    def test_an_address_without_a_port_is_refused(self):
        self.refused(1, "'127.0.0.1'", "call", "127.0.0.1", *SILENT)
        self.refused(1, "'somewhere'", "call", "somewhere", *SILENT)
        self.refused(1, "a contact in 'mine.trust'", "call", "somewhere", "--trust", "mine.trust",
                     *SILENT)
        self.refused(1, "'127.0.0.1:'", "call", "127.0.0.1:", *SILENT)
        self.refused(1, "'127.0.0.1:70000'", "call", "127.0.0.1:70000", *SILENT)
        self.refused(1, "'127.0.0.1'", "listen", "--answer", "auto", "--bind", "127.0.0.1",
                     "--identity", self.folder.identity("anna"), *SILENT)

    def test_a_busy_port_is_refused(self):
        taken, address = silent_socket()
        self.addCleanup(taken.close)
        self.refused(1, address, "listen", "--answer", "auto", "--bind", address, "--identity",
                     self.folder.identity("anna"), *SILENT)

    def test_an_address_of_another_machine_cannot_be_bound(self):
        self.refused(1, "192.0.2.1:5000", "listen", "--answer", "auto", "--bind", "192.0.2.1:5000",
                     "--identity", self.folder.identity("anna"), *SILENT)

    def test_a_ticket_that_is_not_whole_is_refused(self):
        ticket = "tacet:" + "A" * 43 + "@127.0.0.1:5000"
        for text in (ticket[:30], ticket[:-5], ticket + ",", ticket.replace("@", "!")):
            self.refused(1, "ticket", "call", text, *SILENT)

    def test_files_that_cannot_be_played_are_refused(self):
        identity = self.folder.identity("anna")
        tool.write_wav(self.folder("empty.wav"), [])
        tool.write_y4m(self.folder("empty.y4m"), 0)
        tool.write_y4m(self.folder("half.y4m"), 1, cut=100)
        tool.write_y4m(self.folder("444.y4m"), 2, chroma="C444")
        for name in ("noise.wav", "noise.y4m"):
            with open(self.folder(name), "wb") as out:
                out.write(os.urandom(5000))
        for option, value in [("--audio-in", "wav:missing.wav"), ("--audio-in", "wav:empty.wav"),
                              ("--audio-in", "wav:noise.wav"), ("--video-in", "y4m:missing.y4m"),
                              ("--video-in", "y4m:empty.y4m"), ("--video-in", "y4m:half.y4m"),
                              ("--video-in", "y4m:444.y4m"), ("--video-in", "y4m:noise.y4m")]:
            self.refused(1, "'%s'" % value.split(":")[1], "call", "127.0.0.1:9", "--identity",
                         identity, *SILENT, option, value)

    def test_files_that_cannot_be_written_are_refused(self):
        identity = self.folder.identity("anna")
        for option, value in [("--audio-out", "wav:no/x.wav"), ("--video-out", "y4m:no/x.y4m"),
                              ("--stats", "no/x.json"), ("--frame-log", "no/x.csv")]:
            done = self.folder.run("call", "127.0.0.1:9", "--identity", identity, *SILENT, option,
                                   value)
            self.assertEqual(done.returncode, 1)
            self.assertIn("tacet: cannot write '%s'" % value.split(":")[-1], done.stderr)

    def test_a_listener_whose_files_cannot_be_written_gives_no_ticket(self):
        listen = ["listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                  self.folder.identity("anna"), "--audio-in", "silence"]
        for option, value in [("--audio-out", "wav:no/x.wav"), ("--video-out", "y4m:no/x.y4m"),
                              ("--stats", "no/x.json"), ("--frame-log", "no/x.csv")]:
            sound = [] if option == "--audio-out" else ["--audio-out", "null"]
            self.refused(1, "cannot write '%s': its folder is not there" % value.split(":")[-1],
                         *listen, *sound, option, value)

    def test_a_port_that_is_taken_costs_no_file(self):
        taken, address = silent_socket()
        self.addCleanup(taken.close)
        for name in ("x.wav", "x.y4m", "x.json", "x.csv"):
            with open(self.folder(name), "w") as out:
                out.write("precious")
        self.refused(1, address, "listen", "--answer", "auto", "--bind", address, "--identity",
                     self.folder.identity("anna"), "--audio-in", "silence", "--audio-out",
                     "wav:x.wav", "--video-out", "y4m:x.y4m", "--stats", "x.json", "--frame-log",
                     "x.csv")
        for name in ("x.wav", "x.y4m", "x.json", "x.csv"):
            self.assertEqual(tool.lines(self.folder(name)), ["precious"])

    def test_identities_that_cannot_be_used_are_refused(self):
        call = ["call", "127.0.0.1:9", *SILENT, "--identity"]
        self.refused(1, "missing.id", *call, "missing.id")
        with open(self.folder("noise.id"), "wb") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(os.urandom(300))
        self.refused(1, "noise.id", *call, "noise.id")
        shown = self.folder.identity("shown")
        os.chmod(shown, 0o644)
        self.refused(1, "chmod 600", *call, shown)
        # What is none is not to be made private.
        for size in (10, 300, 5000):
            with open(self.folder("notes"), "wb") as out:
                os.fchmod(out.fileno(), 0o644)
                out.write(b"a" * size)
            self.refused(1, "'notes' is not an identity", "id", "show", "notes")


class Identities(Case):
    def test_without_a_terminal_an_identity_is_written_unsealed_and_that_is_said(self):
        made = self.folder.run("id", "new", "--name", "anna", "--json")
        file = self.folder("tacet/identity")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("not sealed", made.stderr)
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        shown = self.folder.run("id", "show", "--json")
        self.assertEqual(shown.stdout, made.stdout)
        identity = tool.json.loads(shown.stdout)
        self.assertEqual(identity["name"], "anna")
        self.assertRegex(identity["key"], r"^[\w-]{43}$")
        self.assertEqual(len(identity["fingerprint"].replace(" ", "")), 32)
        plain = self.folder.run("id", "show", file)
        self.assertIn(identity["fingerprint"], plain.stdout)

    def test_an_identity_that_exists_is_never_written_over(self):
        file = self.folder.identity("anna")
        with open(file, "rb") as before:
            data = before.read()
        self.refused(1, file, "id", "new", "--out", file, "--no-passphrase")
        with open(file, "rb") as after:
            self.assertEqual(after.read(), data)

    def test_a_name_that_no_certificate_may_carry_is_refused(self):
        for name in ("Anna", "an na", "a" * 64, "ä"):
            self.refused(1, "'%s'" % name, "id", "new", "--name", name, "--no-passphrase")

    def test_a_sealed_identity_opens_with_its_passphrase_only(self):
        for name, text in (("right", "open sesame\n"), ("wrong", "open barley\n"), ("none", "\n")):
            with open(self.folder(name), "w") as out:
                out.write(text)
            os.chmod(self.folder(name), 0o600)
        made = self.folder.run("id", "new", "--out", "a.id", "--passphrase-file", "right")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(made.stderr, "")
        opened = self.folder.run("id", "show", "a.id", "--passphrase-file", "right")
        self.assertEqual(opened.stdout, made.stdout)
        self.refused(1, "a.id", "id", "show", "a.id", "--passphrase-file", "wrong")
        os.chmod(self.folder("right"), 0o640)
        self.refused(1, "others may read", "id", "show", "a.id", "--passphrase-file", "right")
        os.chmod(self.folder("right"), 0o604)
        self.refused(1, "chmod 600 right", "id", "show", "a.id", "--passphrase-file", "right")
        os.chmod(self.folder("right"), 0o600)
        self.refused(1, "'none'", "id", "show", "a.id", "--passphrase-file", "none")
        self.refused(1, "'missing'", "id", "show", "a.id", "--passphrase-file", "missing")
        self.refused(1, "--passphrase-file", "id", "show", "a.id")
        self.folder.env["TACET_PASSPHRASE_FILE"] = self.folder("right")
        self.assertEqual(self.folder.run("id", "show", "a.id").stdout, made.stdout)

    def test_a_terminal_is_asked_for_the_passphrase_twice_without_echo(self):
        # The terminal becomes the tool's own: what it echoes can be read on the other end.
        master, terminal = pty.openpty()
        made = self.start("id", "new", "--out", "a.id", stdin=terminal, stderr=terminal)
        os.close(terminal)
        seen = b""
        for prompt in (b"passphrase: ", b"the same again: "):
            while prompt not in seen:
                ready, _, _ = select.select([master], [], [], 20 * PATIENCE)
                self.assertTrue(ready, seen)
                seen += os.read(master, 1000)
            os.write(master, b"open sesame\n")
        self.assertEqual(made.wait(), 0)
        self.assertNotIn(b"sesame", seen)
        os.close(master)
        with open(self.folder("right"), "w") as out:
            out.write("open sesame")
        os.chmod(self.folder("right"), 0o600)
        opened = self.folder.run("id", "show", "a.id", "--passphrase-file", "right")
        self.assertEqual(opened.returncode, 0, opened.stderr)

    def test_a_signal_at_the_passphrase_leaves_a_terminal_that_echoes(self):
        master, terminal = pty.openpty()
        made = self.start("id", "new", "--out", "a.id", stdin=terminal, stderr=terminal)
        seen = b""
        while b"passphrase: " not in seen:
            seen += os.read(master, 1000)
        echo = termios.tcgetattr(terminal)[3] & termios.ECHO
        made.process.send_signal(signal.SIGINT)
        self.assertEqual(made.wait(), -signal.SIGINT)
        self.assertFalse(echo, "it echoed while it asked")
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
        self.assertFalse(os.path.exists(self.folder("a.id")))
        os.close(terminal)
        os.close(master)

    def test_the_default_identity_is_made_at_first_use(self):
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", *SILENT)
        first = listener.ticket().split("@")[0]
        listener.process.send_signal(signal.SIGINT)
        self.assertEqual(listener.wait(), 0)
        again = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", *SILENT)
        self.assertEqual(again.ticket().split("@")[0], first)


class Help(Case):
    def test_every_command_tells_how_it_is_called(self):
        top = self.folder.run("--help")
        self.assertEqual((top.returncode, top.stderr), (0, ""))
        commands = re.findall(r"^  (\w+) ", top.stdout, re.MULTILINE)
        self.assertLessEqual({"call", "demo", "devices", "id", "listen", "version"}, set(commands))
        for command in [[c] for c in commands] + [["id", "new"], ["id", "show"]]:
            done = self.folder.run(*command, "--help")
            with self.subTest(command=command):
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("tacet " + " ".join(command), done.stdout)

    def test_call_and_listen_name_every_option_of_the_contract(self):
        both = ["--identity", "--passphrase-file", "--require", "--seconds", "--audio-in",
                "--audio-out", "--video-in", "--video-out", "--loop", "--audio-bitrate",
                "--video-bitrate", "--profile", "--rekey-interval", "--stats", "--frame-log",
                "--json"]
        for command, options in (("call", both),
                                 ("listen", both + ["--bind", "--calls", "--open", "--answer"])):
            text = self.folder.run(command, "--help").stdout
            for option in options:
                self.assertRegex(text, r"(?m)^  %s\b" % option)

    def test_the_demo_tells_its_own_length(self):
        text = self.folder.run("demo", "--help").stdout
        self.assertRegex(text, r"(?m)^  --seconds N\n +[^-]*default 10$")
        self.assertNotIn("hang-up", text)
        self.assertEqual(text.count("--seconds"), 1)

    def test_the_manual_has_every_command(self):
        with open(MANUAL, encoding="utf-8") as page:
            text = page.read()
        synopsis = text[text.index(".SH SYNOPSIS"):text.index(".SH DESCRIPTION")]
        commands = re.findall(r"^  (\w+) ", self.folder.run("--help").stdout, re.MULTILINE)
        self.assertGreater(len(commands), 8)
        for command in commands:
            self.assertRegex(synopsis, r"(?m)^\\fBtacet %s\b" % command)
            self.assertRegex(text, r"(?m)^\.B %s\b" % command)

    def test_the_version_is_printed(self):
        for arguments in (["--version"], ["version"]):
            done = self.folder.run(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"^tacet \d+\.\d+\.\d+\n$")

    def test_devices_are_listed_or_said_to_be_missing(self):
        # The sound system's plug-ins leak, and no suppression can name what has been unloaded.
        self.folder.env["ASAN_OPTIONS"] = "detect_leaks=0"
        done = self.folder.run("devices")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            self.assertRegex(line, r"^(mic|speaker):")


class Calls(Case):
    def test_a_call_ends_with_summaries_that_agree_and_files_that_are_whole(self):
        tool.write_y4m(self.folder("cut.y4m"), 20, cut=100)
        listener, caller = self.pair(
            ["--json", "--audio-in", "tone", "--video-in", "testcard:160x96@15", "--audio-out",
             "wav:l.wav", "--video-out", "y4m:l.y4m", "--frame-log", "l.csv", "--stats", "l.json"],
            ["--json", "--seconds", "4", "--audio-in", "tone", "--video-in", "y4m:cut.y4m",
             "--audio-out", "wav:c.wav", "--video-out", "y4m:c.y4m", "--frame-log", "c.csv",
             "--stats", "c.json"])
        self.assertEqual(caller.wait(), 0, caller.err)
        self.assertEqual(listener.wait(), 0, listener.err)
        self.assertIn("tacet: 'cut.y4m' is cut off: playing it to its last whole picture",
                      caller.err)
        one, two = caller.summary(), listener.summary()
        for summary, role, peer in ((one, "caller", "berta"), (two, "callee", "anna")):
            self.assertEqual(set(summary), tool.SUMMARY)
            self.assertEqual((summary["role"], summary["result"], summary["peer"]["name"]),
                             (role, "ended", peer))
            self.assertEqual(summary["profile"], "AEAD_AES_256_GCM")
            self.assertAlmostEqual(summary["durationS"], 4, delta=0.5 * PATIENCE)
            self.assertGreaterEqual(summary["epochs"], 1)
            self.assertIs(summary["pq"], True)
            self.assertEqual(set(summary["drops"]), {"short", "unknown", "auth", "replay", "late",
                                                     "rate", "state", "malformed"})
            for name in ("handshakeMs", "setupMs", "firstAudioMs", "firstVideoMs"):
                self.assertGreater(summary[name], 0, name)
            self.assertGreater(summary["cpu"]["userS"], 0)
            self.assertGreater(summary["maxRssKb"], 0)
            types = {(s["type"], s.get("kind")) for s in summary["stats"]}
            self.assertLessEqual({("inbound-rtp", "audio"), ("inbound-rtp", "video"),
                                  ("outbound-rtp", "audio"), ("outbound-rtp", "video"),
                                  ("candidate-pair", None)}, types)
        self.assertEqual(one["words"], two["words"])
        self.assertEqual(len(one["words"].split()), 4)
        self.assertEqual((one["peer"]["trust"], two["peer"]["trust"]), ("pinned", "unverified"))
        for prefix, size in (("c", (160, 96)), ("l", (64, 32))):
            self.whole_files(prefix, size)

    def whole_files(self, prefix, size):
        rate, samples = tool.read_wav(self.folder(prefix + ".wav"))
        self.assertEqual(rate, 48000)
        self.assertAlmostEqual(len(samples) / rate, 4, delta=0.5 * PATIENCE)
        self.assertGreater(max(samples), 4000, "the tone was not heard")
        *shown_size, count = tool.read_y4m(self.folder(prefix + ".y4m"))
        self.assertEqual(tuple(shown_size), size)
        rows = tool.read_frame_log(self.folder(prefix + ".csv"))
        shown = [row for row in rows if row["event"] == "shown"]
        self.assertEqual(count, len(shown))
        self.assertGreater(count, 20)
        self.assertEqual({(r["event"], r["kind"]) for r in rows},
                         {("captured", "audio"), ("captured", "video"), ("sent", "audio"),
                          ("sent", "video"), ("shown", "video"), ("played", "audio")})
        stats = tool.read_stats(self.folder(prefix + ".json"))
        self.assertGreaterEqual(len(stats), 3)
        for one in stats:
            self.assertEqual(set(one), {"timestamp_us", "stats"})
        steps = [b["timestamp_us"] - a["timestamp_us"] for a, b in zip(stats[:-2], stats[1:-1])]
        for step in steps:
            self.assertAlmostEqual(step / 1e6, 1, delta=0.3 * PATIENCE)
        last = {(s["type"], s.get("kind")): s for s in stats[-1]["stats"]}
        self.assertGreater(last["inbound-rtp", "audio"]["totalSamplesReceived"], 100000)
        self.assertGreater(last["inbound-rtp", "video"]["framesDecoded"], 20)

    def test_frame_logs_of_two_processes_are_joined_by_rtp_timestamp(self):
        listener, caller = self.pair(["--frame-log", "l.csv", *SILENT],
                                     ["--frame-log", "c.csv", "--seconds", "2", "--audio-out",
                                      "null", *SMALL])
        self.assertEqual((caller.wait(), listener.wait()), (0, 0))
        sent, got = (tool.read_frame_log(self.folder(n)) for n in ("c.csv", "l.csv"))
        for kind, event in (("audio", "played"), ("video", "shown")):
            captured = {r["rtp_timestamp"]: int(r["time_us"]) for r in sent
                        if (r["event"], r["kind"]) == ("captured", kind)}
            arrived = [r for r in got if (r["event"], r["kind"]) == (event, kind)]
            self.assertGreater(len(arrived), 20)
            for row in arrived:
                self.assertIn(row["rtp_timestamp"], captured)
                self.assertGreater(int(row["time_us"]), captured[row["rtp_timestamp"]])

    def test_each_profile_carries_a_call(self):
        for profile in ("AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"):
            with self.subTest(profile=profile):
                listener, caller = self.pair_again(["--profile", profile, *SILENT],
                                                   ["--profile", profile, "--seconds", "1",
                                                    "--json", *SILENT], profile)
                self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
                self.assertEqual(caller.summary()["profile"], profile)

    def test_keys_are_renewed_as_the_caller_says(self):
        listener, caller = self.pair(["--rekey-interval", "3600", "--json", *SILENT],
                                     ["--rekey-interval", "10", "--seconds", "13", "--json",
                                      *SILENT])
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
        self.assertEqual(caller.summary()["epochs"], 2)
        self.assertEqual(listener.summary()["epochs"], 2)

    def pair_again(self, listen, call, name):
        folder = self.folder
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                              folder.identity("l-" + name.lower()), *listen)
        caller = self.start("call", listener.ticket(), "--identity",
                            folder.identity("c-" + name.lower()), *call)
        return listener, caller

    def test_an_address_alone_reaches_only_who_listens_openly(self):
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--open",
                              "--identity", self.folder.identity("berta"), *SILENT)
        address = listener.ticket().split("@")[1]
        caller = self.start("call", address, "--identity", self.folder.identity("anna"),
                            "--seconds", "1", "--json", *SILENT)
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
        self.assertEqual(caller.summary()["peer"]["trust"], "unverified")

    def test_ipv6_tickets_work(self):
        try:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        listener = self.start("listen", "--bind", "[::1]:0", "--answer", "auto", "--identity",
                              self.folder.identity("berta"), *SILENT)
        ticket = listener.ticket()
        self.assertRegex(ticket, r"@\[::1\]:\d+$")
        caller = self.start("call", ticket, "--identity", self.folder.identity("anna"),
                            "--seconds", "1", *SILENT)
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)

    def test_a_listener_on_every_address_answers_from_the_one_dialled(self):
        listener = self.start("listen", "--bind", "0.0.0.0:0", "--answer", "auto", "--identity",
                              self.folder.identity("berta"), *SILENT)
        key, addresses = listener.ticket().split("@")
        relay = Relay("127.0.0.2", int(addresses.rsplit(":", 1)[1]))
        self.addCleanup(relay.close)
        caller = self.start("call", key + "@" + relay.address, "--identity",
                            self.folder.identity("anna"), "--seconds", "1", *SILENT)
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)

    def test_several_calls_are_served_and_their_files_numbered(self):
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--calls", "2",
                              "--identity", self.folder.identity("berta"), "--audio-in", "tone",
                              "--audio-out", "wav:heard.wav", "--frame-log", "log.csv", "--json")
        ticket = listener.ticket()
        identity = self.folder.identity("anna")
        for _ in range(2):
            caller = self.start("call", ticket, "--identity", identity, "--seconds", "1", *SILENT)
            self.assertEqual(caller.wait(), 0, caller.err)
        self.assertEqual(listener.wait(), 0, listener.err)
        self.assertEqual(len(listener.out), 3)  # the ticket and two summaries
        for name in ("heard.wav", "heard-2.wav"):
            self.assertGreater(len(tool.read_wav(self.folder(name))[1]), 24000)
        for name in ("log.csv", "log-2.csv"):
            self.assertGreater(len(tool.read_frame_log(self.folder(name))), 50)

    def test_a_listener_to_whom_nobody_came_leaves_whole_files(self):
        listener = self.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                              self.folder.identity("berta"), "--audio-in", "silence",
                              "--audio-out", "wav:x.wav", "--video-out", "y4m:x.y4m")
        listener.ticket()
        listener.process.send_signal(signal.SIGTERM)
        self.assertEqual(listener.wait(), 0, listener.err)
        self.assertEqual(len(tool.read_wav(self.folder("x.wav"))[1]), 0)
        # Its size comes with the first picture's: without one there is nothing to write.
        self.assertFalse(os.path.exists(self.folder("x.y4m")))

    def test_on_a_terminal_the_user_answers_or_declines(self):
        for typed, status, result in ((b"maybe\ny\n", 0, "ended"), (b"n\n", 1, "declined")):
            with self.subTest(typed=typed):
                master, terminal = pty.openpty()
                listener = self.start("listen", "--bind", "127.0.0.1:0", "--identity",
                                      self.folder.identity("berta-" + result), *SILENT,
                                      stdin=terminal)
                os.close(terminal)
                caller = self.start("call", listener.ticket(), "--identity",
                                    self.folder.identity("anna-" + result), "--seconds", "1",
                                    "--json", *SILENT)
                listener.wait_line(listener.err, lambda line: "anna-" + result in line)
                os.write(master, typed)
                self.assertEqual(caller.wait(), status, caller.err)
                self.assertEqual(listener.wait(), 0, listener.err)
                os.close(master)
                self.assertEqual(caller.summary()["result"], result)

    def test_a_signal_ends_the_call_cleanly_on_both_sides(self):
        for name, number in (("int", signal.SIGINT), ("term", signal.SIGTERM)):
            for victim in ("caller", "listener"):
                with self.subTest(signal=name, victim=victim):
                    prefix = "%s-%s" % (name, victim)
                    files = [["--json", "--audio-out", "wav:%s%s.wav" % (prefix, side),
                              "--video-out", "y4m:%s%s.y4m" % (prefix, side), "--frame-log",
                              "%s%s.csv" % (prefix, side), "--stats", "%s%s.json" % (prefix, side),
                              *SMALL] for side in "lc"]
                    listener, caller = self.pair_again(files[0], files[1], prefix)
                    listener.wait_answered()
                    caller.wait_answered()
                    for side in "lc":
                        stats = self.folder(prefix + side + ".json")
                        tool.wait_until(lambda: len(tool.lines(stats)) >= 2)
                    process = caller if victim == "caller" else listener
                    process.process.send_signal(number)
                    self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
                    for side, done in (("c", caller), ("l", listener)):
                        self.assertEqual(done.summary()["result"], "ended")
                        self.complete(prefix + side)

    def complete(self, prefix):
        self.assertGreater(len(tool.read_wav(self.folder(prefix + ".wav"))[1]), 4800)
        self.assertGreater(tool.read_y4m(self.folder(prefix + ".y4m"))[2], 2)
        self.assertGreater(len(tool.read_frame_log(self.folder(prefix + ".csv"))), 20)
        self.assertGreater(len(tool.read_stats(self.folder(prefix + ".json"))), 0)

    def test_progress_in_a_pipe_has_no_live_line(self):
        listener, caller = self.pair(SILENT, ["--seconds", "2", *SILENT])
        self.assertEqual((caller.wait(), listener.wait()), (0, 0))
        for line in caller.err + listener.err:
            self.assertNotIn("\r", line)
            self.assertNotIn("\033", line)
            self.assertNotIn("rtt", line)


class Contacts(Case):
    def setUp(self):
        super().setUp()
        self.anna, self.berta = self.folder.identity("anna"), self.folder.identity("berta")

    def listen(self, *arguments, **options):
        return self.start("listen", "--bind", "127.0.0.1:0", "--identity", self.berta, "--trust",
                          "berta.trust", "--json", *SILENT, *arguments, **options)

    def call(self, target, *arguments, **options):
        return self.start("call", target, "--identity", self.anna, "--trust", "anna.trust",
                          "--json", *SILENT, *arguments, **options)

    def contacts(self, trust):
        listed = self.folder.run("id", "trust", "--trust", trust, "--json")
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        return {c["label"]: c for c in tool.json.loads(listed.stdout)}

    def test_contacts_are_saved_listed_verified_and_forgotten(self):
        key, other = self.folder.key(self.anna), self.folder.key(self.berta)
        self.folder.contact("anna", key)
        self.folder.contact("b", "tacet:%s@[::1]:5000,127.0.0.1:6000" % other)
        file = self.folder("tacet/trust")
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        both = self.contacts(file)
        self.assertEqual(list(both), ["anna", "b"])
        self.assertEqual((both["anna"]["key"], both["anna"]["trust"]), (key, "pinned"))
        self.assertEqual((both["anna"]["address"], both["b"]["address"]), (None, "[::1]:5000"))
        self.refused(1, "--replace", "id", "trust", "anna", other)
        self.assertEqual(self.folder.run("id", "verify", "anna").returncode, 0)
        self.assertEqual(self.contacts(file)["anna"]["trust"], "verified")
        self.folder.contact("anna", other, "--replace")
        replaced = self.contacts(file)["anna"]
        self.assertEqual((replaced["key"], replaced["trust"]), (other, "pinned"))
        self.assertEqual(self.folder.run("id", "forget", "anna").returncode, 0)
        self.assertEqual(list(self.contacts(file)), ["b"])
        self.assertIn("[::1]:5000", self.folder.run("id", "trust").stdout)

    def test_what_cannot_be_a_contact_is_refused(self):
        key = self.folder.key(self.anna)
        self.refused(1, "'carl'", "id", "verify", "carl")
        self.refused(1, "'carl'", "id", "forget", "carl")
        self.refused(1, "'carl'", "id", "number", "carl", "--identity", self.anna)
        self.refused(1, "'carl'", "call", "carl", *SILENT)
        self.refused(1, "'Carl'", "id", "trust", "Carl", key)
        self.refused(1, "'%s'" % key[1:], "id", "trust", "carl", key[1:])
        self.folder.contact("carl", key)
        self.refused(1, "'carl'", "call", "carl", *SILENT)  # no address
        for spoil in (b"x", b"checksum"):
            file = self.folder("tacet/trust")
            with open(file, "ab") as out:
                out.write(spoil)
            for command in (("id", "trust"), ("id", "trust", "x", key), ("call", "carl", *SILENT)):
                self.refused(1, "tacet/trust", *command)

    def test_a_key_that_begins_like_an_option_is_a_key(self):
        for key in ("-" + 42 * "A", "--" + 41 * "A"):
            self.folder.contact("carl", key, "--replace")
            self.assertEqual(self.contacts("tacet/trust")["carl"]["key"], key)
            self.refused(2, "'%s'" % key[:-1], "id", "trust", "carl", key[:-1])

    def test_both_see_the_same_safety_number(self):
        ours = self.folder.run("id", "number", self.folder.key(self.berta), "--identity",
                               self.anna, "--json")
        self.folder.contact("anna", self.folder.key(self.anna))
        theirs = self.folder.run("id", "number", "anna", "--identity", self.berta, "--trust",
                                 "tacet/trust", "--json")
        self.assertEqual(ours.stdout, theirs.stdout, theirs.stderr)
        number = tool.json.loads(ours.stdout)["safetyNumber"]
        self.assertRegex(number, r"^\d{5}( \d{5}){11}$")
        plain = self.folder.run("id", "number", "anna", "--identity", self.berta, "--trust",
                                "tacet/trust")
        self.assertEqual(plain.stdout.replace("\n", " ").strip(), number)

    def test_two_processes_that_save_at_once_lose_nothing(self):
        key = self.folder.key(self.anna)
        count = 20

        def save(prefix):
            for i in range(count):
                self.folder.contact("%s%d" % (prefix, i), key, "--trust", "both.trust")

        threads = [threading.Thread(target=save, args=(prefix,)) for prefix in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.contacts("both.trust")), 2 * count)

    def test_a_contact_is_called_by_its_label(self):
        for mark, trust in ((False, "pinned"), (True, "verified")):
            if mark:  # the file is read when the listener starts
                self.folder.contact("a", self.folder.key(self.anna), "--trust", "berta.trust")
            listener = self.listen("--answer", "auto")
            self.folder.contact("my-berta", listener.ticket(), "--trust", "anna.trust",
                                "--replace")
            if mark:
                self.folder.run("id", "verify", "my-berta", "--trust", "anna.trust")
            caller = self.call("my-berta", "--seconds", "1", "--require",
                               "words" if mark else "pin")
            self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
            self.assertEqual(caller.summary()["peer"]["trust"], trust)
            self.assertTrue([x for x in caller.err if "my-berta" in x and trust in x], caller.err)
            self.assertEqual(listener.summary()["peer"]["trust"],
                             "pinned" if mark else "unverified")

    def test_what_nobody_could_prove_is_not_dialled(self):
        ticket = "tacet:%s@127.0.0.1:9" % self.folder.key(self.berta)
        caller = self.call(ticket, "--require", "words")
        self.assertEqual(caller.wait(), 1)
        self.assertLess(caller.seconds, 10)
        self.assertIn("--require words", caller.err[-1])

    def test_a_listener_says_what_to_do_about_whom_it_refused(self):
        key = self.folder.key(self.anna)
        self.folder.contact("anna", self.folder.key(self.berta), "--trust", "changed.trust")
        for options, advice in [
                (("--trust", "changed.trust"), "tacet id trust --replace anna %s" % key),
                (("--require", "pin"), "tacet id trust LABEL %s" % key),
                (("--require", "words"), "tacet id verify LABEL")]:
            listener = self.listen("--answer", "auto", *options)
            self.call(listener.ticket())
            refused = listener.wait_line(listener.err, lambda line: line.startswith("refused: "))
            self.assertIn(advice, refused)

    def test_on_terminals_both_sides_confirm_the_words_in_the_call(self):
        berta_types, berta_reads = pty.openpty()
        anna_types, anna_reads = pty.openpty()
        listener = self.listen("--answer", "ask", stdin=berta_reads)
        caller = self.call(listener.ticket(), stdin=anna_reads)
        os.close(berta_reads)
        os.close(anna_reads)
        listener.wait_line(listener.err, lambda line: "anna" in line)
        os.write(berta_types, b"y\n")
        for process, master, label in ((listener, berta_types, "anna"),
                                       (caller, anna_types, "berta")):
            process.wait_line(process.err, lambda line: line.startswith("type v "))
            os.write(master, b"nonsense\n")
            os.write(master, b"p\n")  # of no use to who was called
            os.write(master, b"v\n")
            process.wait_line(process.err,
                              lambda line: line.startswith("saved '%s'" % label)
                              and line.endswith("as verified"))
        caller.process.send_signal(signal.SIGTERM)
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
        for process in (caller, listener):
            self.assertEqual(process.summary()["peer"]["trust"], "verified")
        self.assertIn("a label of your own", " ".join(listener.err))
        anna, berta = self.contacts("berta.trust")["anna"], self.contacts("anna.trust")["berta"]
        self.assertEqual((anna["key"], anna["trust"]), (self.folder.key(self.anna), "verified"))
        self.assertEqual((berta["key"], berta["trust"]), (self.folder.key(self.berta), "verified"))
        self.assertIsNone(anna["address"])
        self.assertRegex(listener.out[0], "[@,]%s" % re.escape(berta["address"]))
        for master in (berta_types, anna_types):
            os.close(master)

    def test_nothing_is_saved_without_the_user(self):
        # Not without a terminal, and not where calls are answered without one asked.
        master, terminal = pty.openpty()
        listener = self.listen("--answer", "auto", stdin=terminal)
        os.close(terminal)
        os.write(master, b"v\np\np anna\n")
        caller = self.call(listener.ticket(), "--seconds", "2")
        self.assertEqual((caller.wait(), listener.wait()), (0, 0), caller.err)
        os.close(master)
        self.assertEqual(listener.summary()["peer"]["trust"], "unverified")
        self.assertEqual((self.contacts("anna.trust"), self.contacts("berta.trust")), ({}, {}))
        for line in caller.err + listener.err:
            self.assertFalse(line.startswith("type v"), line)


class Demo(Case):
    def test_the_demo_writes_what_both_parties_heard_and_saw(self):
        done = self.folder.run("demo", "--seconds", "2", "--out", "seen", "--video-in",
                               "testcard:160x96@15")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the same at both", done.stdout)
        for party in ("caller", "callee"):
            rate, samples = tool.read_wav(self.folder("seen/%s_heard.wav" % party))
            self.assertGreater(len(samples), rate)
            self.assertGreater(tool.read_y4m(self.folder("seen/%s_saw.y4m" % party))[2], 10)
            with open(self.folder("seen/%s_saw.png" % party), "rb") as png:
                self.assertEqual(png.read(8), b"\x89PNG\r\n\x1a\n")


class SlowEnds(unittest.TestCase):
    """Begun in setUpModule."""

    def ended(self, name, status, seconds, says):
        process = slow[name]
        self.assertEqual(process.wait(90), status, process.err)
        complaints = [line for line in process.err if line.startswith("tacet: ")]
        self.assertEqual(len(complaints), 1, process.err)
        self.assertIn(says, complaints[0])
        if seconds is not None:
            self.assertGreater(process.seconds, seconds)
        return process

    def test_a_peer_that_never_answers_is_given_up_after_15_s(self):
        silent = self.ended("silent", 1, 14.5, "127.0.0.1:")
        self.assertEqual(silent.summary()["result"], "unreachable")
        self.assertIsNone(silent.summary()["handshakeMs"])
        self.assertIsNone(silent.summary()["peer"]["name"])

    def test_somebody_elses_key_at_the_address_is_refused(self):
        refused = self.ended("else", 1, 14.5, "127.0.0.1:")
        self.assertIn(refused.summary()["result"], ("unreachable", "impostor"))
        self.assertFalse([line for line in slow["other"].err if "calls" in line], "it rang")

    def test_no_profile_in_common_is_named_as_a_reason(self):
        caller = self.ended("profile", 1, 14.5, "--profile")
        self.assertEqual(caller.summary()["result"], "unreachable")
        self.assertIn("--profile", " ".join(slow["silent"].err))

    def test_a_contacts_changed_key_is_refused_and_how_to_accept_it_is_said(self):
        folder = slow["folder"]
        changed = self.ended("changed", 1, 14.5, "tacet id trust --replace berta %s" %
                             folder.key(folder("berta.id")))
        self.assertEqual(changed.summary()["result"], "impostor")
        self.assertFalse([x for x in slow["changed_listener"].err if "calls" in x], "it rang")

    def test_a_caller_who_is_no_contact_does_not_ring_where_a_pin_is_required(self):
        self.assertEqual(self.ended("stranger", 1, 14.5, "").summary()["result"], "unreachable")
        strict = slow["strict"]
        self.assertIsNone(strict.process.poll())
        self.assertTrue([x for x in strict.err if "refused" in x and "anna" in x], strict.err)
        self.assertFalse([x for x in strict.err if "calls," in x], "it rang")

    def test_a_ring_that_nobody_answers_ends_after_60_s(self):
        self.ended("waiting", 1, 59, "60 s")
        self.ended("ringing", 1, 59, "60 s")

    def test_a_killed_peer_leaves_whole_files_on_both_sides(self):
        folder = slow["folder"]
        survivor, victim = slow["survivor"], slow["victim"]
        survivor.wait_answered()
        victim.wait_answered()
        tool.wait_until(lambda: len(tool.lines(folder("victim.json"))) >= 2)
        victim.process.kill()
        killed = time.monotonic()
        self.assertEqual(victim.wait(), -signal.SIGKILL)
        survivor.wait_line(survivor.err, lambda line: line.startswith("nothing came for 5 s"))
        self.assertGreater(time.monotonic() - killed, 4)
        self.assertEqual(survivor.wait(60), 1, survivor.err)
        self.assertGreater(time.monotonic() - killed, 25)
        self.assertEqual(survivor.summary()["result"], "lost")
        self.assertEqual(len([x for x in survivor.err if x.startswith("tacet: ")]), 1, survivor.err)
        for name in ("survivor", "victim"):
            self.assertGreater(len(tool.read_wav(folder(name + ".wav"))[1]), 4800)
            self.assertGreater(len(tool.read_frame_log(folder(name + ".csv"))), 20)
            self.assertGreater(len(tool.read_stats(folder(name + ".json"))), 0)
        self.assertGreater(tool.read_y4m(folder("survivor.y4m"))[2], 5)
        tool.read_y4m(folder("victim.y4m"))

    def test_a_killed_peer_need_not_be_waited_for(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        listener = folder.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--identity",
                                folder.identity("berta"), *SMALL)
        self.addCleanup(listener.kill)
        caller = folder.start("call", listener.ticket(), "--identity", folder.identity("anna"),
                              "--json", "--audio-out", "wav:c.wav", "--video-out", "y4m:c.y4m",
                              "--frame-log", "c.csv", "--stats", "c.json", *SMALL)
        self.addCleanup(caller.kill)
        caller.wait_answered()
        tool.wait_until(lambda: len(tool.lines(folder("c.json"))) >= 2)
        listener.process.kill()
        caller.wait_line(caller.err, lambda line: line.startswith("nothing came for 5 s"))
        caller.process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        self.assertEqual(caller.wait(), 0, caller.err)
        self.assertLess(time.monotonic() - interrupted, 5 * PATIENCE)
        self.assertEqual(caller.summary()["result"], "ended")
        # What is heard while nothing comes belongs to the file.
        self.assertGreater(len(tool.read_wav(folder("c.wav"))[1]), 5 * 48000)
        self.assertGreater(tool.read_y4m(folder("c.y4m"))[2], 5)
        self.assertGreater(len(tool.read_frame_log(folder("c.csv"))), 20)
        self.assertGreater(len(tool.read_stats(folder("c.json"))), 5)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=2)
