"""What the end-to-end tests share: the tool under test, its files, and how to read them.

The tool's path is in the environment variable TACET; nothing here needs more than the standard
library.
"""
import csv
import json
import os
import queue
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import wave

TACET = os.environ.get("TACET", "")
# A sanitizer's build is several times slower; it says so here.
PATIENCE = float(os.environ.get("TACET_PATIENCE", "1"))
SUMMARY = {"tacet", "role", "result", "peer", "words", "handshakeMs", "setupMs", "firstAudioMs",
           "firstVideoMs", "durationS", "profile", "pq", "epochs", "stats", "drops", "cpu",
           "maxRssKb"}
SKIPPED = 77  # what Meson takes for "skipped"


class Folder:
    """A folder of its own for one test, with an identity in it; gone at the end."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="tacet-")
        self.env = dict(os.environ, HOME=self.path, XDG_CONFIG_HOME=self.path)
        self.env.pop("TACET_PASSPHRASE_FILE", None)

    def __call__(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def run(self, *arguments, **options):
        """Runs the tool to its end: a CompletedProcess with text."""
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([TACET, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, env=self.env, cwd=self.path, timeout=120 * PATIENCE,
                              **options)

    def start(self, *arguments, **options):
        return Process(self, arguments, **options)

    def identity(self, name):
        """The file of a new identity."""
        file = self(name + ".id")
        made = self.run("id", "new", "--name", name, "--out", file, "--no-passphrase")
        assert made.returncode == 0, made.stderr
        return file

    def key(self, file):
        """The public key of an identity."""
        return json.loads(self.run("id", "show", file, "--json").stdout)["key"]

    def contact(self, label, target, *arguments):
        """Saves a contact."""
        saved = self.run("id", "trust", label, target, *arguments)
        assert saved.returncode == 0, saved.stderr


class Process:
    """The tool running; its lines are read as they come. `within` is a command to run it by."""

    def __init__(self, folder, arguments, stdin=subprocess.DEVNULL, within=(), **options):
        self.began = time.monotonic()
        self.process = subprocess.Popen([*within, TACET, *arguments], stdin=stdin,
                                        stdout=subprocess.PIPE,
                                        stderr=options.pop("stderr", subprocess.PIPE), text=True,
                                        env=folder.env, cwd=folder.path, **options)
        self.out, self.err = [], []
        self.arrivals = queue.Queue()
        self.threads = []
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            if stream is not None:
                thread = threading.Thread(target=self._read, args=(stream, lines), daemon=True)
                thread.start()
                self.threads.append(thread)

    def _read(self, stream, lines):
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))
                self.arrivals.put(None)

    def wait_line(self, lines, found, seconds=20):
        """The first of the lines that fulfils `found`, as soon as it is there."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            for line in list(lines):
                if found(line):
                    return line
            left = end - time.monotonic()
            assert left > 0, "waited in vain; out: %s err: %s" % (self.out, self.err)
            try:
                self.arrivals.get(timeout=min(left, 1))
            except queue.Empty:
                pass

    def ticket(self):
        return self.wait_line(self.out, lambda line: line.startswith("tacet:"))

    def wait_answered(self):
        self.wait_line(self.err, lambda line: line.startswith("words: "))

    def wait(self, seconds=60):
        """The exit status, with all lines read."""
        status = self.process.wait(timeout=seconds * PATIENCE)
        self.seconds = time.monotonic() - self.began
        for thread in self.threads:
            thread.join()
        return status

    def summary(self):
        return json.loads(self.out[-1])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def expand(folder, *names):
    """Decodes these of the shared media into the folder, once; skips the test where it cannot."""
    script = os.path.join(os.environ.get("TACET_SHARED", ""), "media", "expand.sh")
    if not os.path.exists(script):
        skip("no media at '%s' (the environment variable TACET_SHARED names their folder)" % script)
    if shutil.which("ffmpeg") is None:
        skip("no ffmpeg to decode the media with")
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    files = [os.path.join(folder, name) for name in names]
    if not all(os.path.exists(file) for file in files):
        # Beside, and then renamed: an interrupted run leaves no half file.
        with tempfile.TemporaryDirectory(dir=folder) as part:
            subprocess.run([script, part] + [os.path.splitext(name)[0] for name in names],
                           check=True)
            for name, file in zip(names, files):
                os.replace(os.path.join(part, name), file)
    return files


def measure(program, what, source, result, indexes=()):
    """What measure.c says of the result beside its source."""
    done = subprocess.run([program, what, source, result], stdout=subprocess.PIPE, text=True,
                          input="".join("%d\n" % index for index in indexes), timeout=60 * PATIENCE)
    assert done.returncode == 0, "cannot measure '%s'" % result
    return json.loads(done.stdout)


class Witness(threading.Thread):
    """Tells how long the machine let somebody wait who had next to nothing to do."""

    SLEEP_S = 0.005

    def __init__(self):
        super().__init__(daemon=True)
        self.worst_ms = 0.0
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            before = time.monotonic()
            time.sleep(self.SLEEP_S)
            late = time.monotonic() - before - self.SLEEP_S
            self.worst_ms = max(self.worst_ms, 1e3 * late)

    def finish(self):
        self.done.set()
        self.join()


class Bounds:
    """Prints each figure with its bound, and remembers those that are missed."""

    def __init__(self):
        self.missed = []

    def _check(self, holds, text):
        print(text if holds else text + "   MISSED", flush=True)
        if not holds:
            self.missed.append(text)

    def at_least(self, what, value, bound):
        self._check(value >= bound, "%-44s %9.3f  at least %g" % (what, value, bound))

    def at_most(self, what, value, bound, fails_from=None):
        """Above the bound is only printed, where it fails from a larger one on."""
        limit = bound if fails_from is None else fails_from
        text = "%-44s %9.3f  at most %g" % (what, value, bound)
        if fails_from is not None:
            text += " (fails from %g)" % fails_from
        self._check(value <= limit, text)

    def check(self):
        assert not self.missed, "%d bounds missed" % len(self.missed)


def wait_until(fulfilled, seconds=20):
    """Looks until the condition holds."""
    end = time.monotonic() + seconds * PATIENCE
    while not fulfilled():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def lines(file):
    if not os.path.exists(file):
        return []
    with open(file) as text:
        return text.readlines()


def write_wav(file, samples, rate=48000):
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack("<%dh" % len(samples), *samples))


def write_y4m(file, pictures, width=64, height=32, fps=15, cut=0, chroma="C420jpeg"):
    """A file of grey pictures; `cut` takes bytes off its end."""
    body = b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 %s\n" % (width, height, fps, chroma.encode())
    for i in range(pictures):
        body += b"FRAME\n" + bytes([16 + i % 200]) * (width * height)
        body += bytes([128]) * (width * height // 2)
    with open(file, "wb") as out:
        out.write(body[:len(body) - cut])


def read_wav(file):
    """(rate, samples) of a file whose header must tell its true length."""
    with wave.open(file, "rb") as sound:
        assert sound.getnchannels() == 1 and sound.getsampwidth() == 2
        count = sound.getnframes()
        data = sound.readframes(count)
        rate = sound.getframerate()
    assert len(data) == 2 * count, "the header tells %d samples, the file has %d" % (
        count, len(data) // 2)
    assert os.path.getsize(file) - 2 * count < 256, "bytes behind what the header tells"
    return rate, struct.unpack("<%dh" % count, data)


def read_y4m(file):
    """(width, height, number of pictures) of a file that must hold whole pictures only."""
    with open(file, "rb") as pictures:
        header = pictures.readline(256)
        if not header:
            return 0, 0, 0
        fields = header.split()
        assert fields[0] == b"YUV4MPEG2", header
        width = int(next(f[1:] for f in fields if f[:1] == b"W"))
        height = int(next(f[1:] for f in fields if f[:1] == b"H"))
        size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
        count = 0
        while True:
            marker = pictures.readline(256)
            if not marker:
                return width, height, count
            assert marker.endswith(b"\n") and marker.split()[0] == b"FRAME", marker
            assert len(pictures.read(size)) == size, "a cut picture"
            count += 1


def read_frame_log(file):
    with open(file, newline="") as log:
        text = log.read()
    assert text.endswith("\n"), "the frame log does not end in a newline"
    rows = list(csv.DictReader(text.splitlines()))
    assert text.startswith("event,kind,index,rtp_timestamp,time_us,width,height,bytes\n")
    for row in rows:
        assert None not in row and None not in row.values(), row
    return rows


def read_stats(file):
    with open(file) as stats:
        text = stats.read()
    assert text == "" or text.endswith("\n"), "the statistics do not end in a newline"
    return [json.loads(line) for line in text.splitlines()]
