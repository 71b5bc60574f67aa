"""Two processes that call each other with speech and a clip both ways, over loopback or over the
impaired link of the shared tools; and what their logs say of it.
"""
import contextlib
import os
import subprocess
import tempfile

import tool
from tool import Folder

SIDES = ("caller", "callee")


class Link:
    """The impaired link between two network namespaces, up for one call."""

    address = "10.99.0.2:5000"

    def __init__(self, settings, seed, schedule=None):
        self.script = os.path.join(os.environ["TACET_SHARED"], "tools", "tunlink.sh")
        self.schedule = None
        arguments = ["--both", settings, "--seed", str(seed)]
        if schedule:
            with tempfile.NamedTemporaryFile("w", suffix=".sched", delete=False) as file:
                file.write(schedule)
            self.schedule = file.name
            arguments += ["--sched", file.name, "--t0", "usr1"]
        self.call("down")
        done = self.call("up", *arguments)
        assert done.returncode == 0, done.stderr

    def call(self, *arguments):
        return subprocess.run([self.script, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              timeout=30)

    def dialling(self):
        if self.schedule:
            self.call("usr1")

    def within(self, side):
        return (self.script, side)

    def down(self):
        self.call("down")
        if self.schedule:
            os.unlink(self.schedule)


class Loopback:
    address = "127.0.0.1:0"

    def dialling(self):
        pass

    def within(self, side):
        del side
        return ()

    def down(self):
        pass


def need_link():
    """Skips where there cannot be one."""
    if not os.path.exists(os.path.join(os.environ.get("TACET_SHARED", ""), "tools", "tunlink.sh")):
        tool.skip("no impairment link (the environment variable TACET_SHARED names its folder)")
    if os.geteuid() != 0:
        tool.skip("network namespaces take root")


class Call:
    """Its folder, and its two processes by side."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}

    def wait(self, seconds):
        for process in self.processes.values():
            assert process.wait(seconds) == 0, process.err

    def logs(self):
        return {side: tool.read_frame_log(self.folder(side + ".csv")) for side in SIDES}

    def sides(self):
        """Each with the other and its own process."""
        return [(side, other, self.processes[side]) for side, other in (SIDES, SIDES[::-1])]


@contextlib.contextmanager
def begun(speech, clip, video_kbps, seconds, link, dialling=lambda: None):
    """A call that has just been dialled: each side keeps what it hears and sees, a frame log and
    statistics, by its name. `dialling` is called just before."""
    call = Call(Folder())
    identities = {side: call.folder.identity(side) for side in SIDES}
    media = ["--audio-in", "wav:" + speech, "--video-in", "y4m:" + clip, "--loop",
             "--video-bitrate", str(video_kbps), "--json"]

    def start(side, within, command, address, *words):
        call.processes[side] = call.folder.start(
            command, *address, "--identity", identities[side], *words, *media,
            "--audio-out", "wav:%s.wav" % side, "--video-out", "y4m:%s.y4m" % side,
            "--frame-log", side + ".csv", "--stats", side + ".json", within=link.within(within))

    try:
        start("callee", "b", "listen", ("--bind", link.address), "--answer", "auto")
        ticket = call.processes["callee"].ticket()
        dialling()
        link.dialling()
        start("caller", "a", "call", (ticket,), "--seconds", str(seconds))
        yield call
    finally:
        for process in call.processes.values():
            process.kill()
        link.down()
        call.folder.remove()


def rows_of(log, event, kind):
    return [row for row in log if (row["event"], row["kind"]) == (event, kind)]


def delays_ms(captured, arrived):
    """From capture to ear or eye, of all that arrived."""
    at = {row["rtp_timestamp"]: int(row["time_us"]) for row in captured}
    return [(int(row["time_us"]) - at[row["rtp_timestamp"]]) / 1e3 for row in arrived]


def stat(objects, kind, media, name):
    for one in objects:
        if one["type"] == kind and one.get("kind") == media:
            return one[name]
    return 0


def sent_kbps(stats):
    """What each second put on the wire."""
    sent = [stat(one["stats"], "candidate-pair", None, "bytesSent") for one in stats]
    times = [one["timestamp_us"] for one in stats]
    return [8e3 * (b - a) / (u - t) for a, b, t, u in zip(sent, sent[1:], times, times[1:])]
