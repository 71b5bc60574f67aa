#!/usr/bin/env python3
"""The speaker and the microphone through PortAudio, on a sound server of our own.

A PulseAudio with one null sink, whose monitor is the default source: what the speaker plays is what
the microphone hears. PortAudio reaches it through ALSA's pulse plugin. Everything lives in a
temporary home, so that neither a real sound server nor anybody's settings are touched.

usage: portaudio_null_sink.py HELPER        exit status 77: PulseAudio or its plugin is not here
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

SKIP = 77
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def start_server(home):
    """Starts the server and waits until it answers; returns its process."""
    log = os.path.join(home, "pulse.log")
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--system=false", "--daemonize=no", "--exit-idle-time=-1",
         "--use-pid-file=no", "--disable-shm=yes", "--log-target=file:" + log,
         "-L", "module-native-protocol-unix",
         # Without rewinds the null sink works in pieces of 50 ms and not of 2 s.
         "-L", "module-null-sink sink_name=loop rate=48000 channels=1 norewinds=1"])
    deadline = time.monotonic() + 10
    while subprocess.run(["pactl", "info"], capture_output=True).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            with open(log, encoding="utf-8") as lines:
                sys.exit("pulseaudio does not start:\n" + lines.read())
        time.sleep(0.05)
    return server


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not shutil.which("pulseaudio") or not shutil.which("pactl"):
        skip("pulseaudio is not installed")
    if not glob.glob("/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so"):
        skip("libasound2-plugins is not installed")
    with tempfile.TemporaryDirectory(prefix="tacet-pulse-") as home:
        os.mkdir(os.path.join(home, "run"), 0o700)
        for name in ("DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER", "ALSA_CONFIG_PATH"):
            os.environ.pop(name, None)
        os.environ["HOME"] = home
        os.environ["XDG_CONFIG_HOME"] = os.path.join(home, ".config")
        os.environ["XDG_RUNTIME_DIR"] = os.path.join(home, "run")
        os.environ["PULSE_RUNTIME_PATH"] = os.path.join(home, "run", "pulse")
        with open(os.path.join(home, ".asoundrc"), "w", encoding="utf-8") as file:
            file.write(ASOUNDRC)
        server = start_server(home)
        try:
            for what in (["set-default-sink", "loop"], ["set-default-source", "loop.monitor"]):
                subprocess.run(["pactl"] + what, check=True)
            helper = subprocess.run([sys.argv[1]], capture_output=True, text=True, timeout=60,
                                    check=False)
        finally:
            server.terminate()
            server.wait()
    print(helper.stdout, end="")
    if helper.returncode == SKIP:
        skip("built without PortAudio")
    if helper.returncode != 0:
        sys.exit("the helper failed: " + helper.stderr)
    failures = []
    noise = [line for line in helper.stderr.splitlines() if "underrun" not in line]
    if noise:
        failures.append("standard error is not quiet: " + noise[0])
    result = json.loads(helper.stdout)
    if result["devices"] < 1:
        failures.append("no device is listed")
    if result["before"] != 0:
        failures.append("a device ran before it was started")
    if not 439 < result["hz"] < 441:
        failures.append("the tone is not 440 Hz")
    if not 0.24 < result["level"] < 0.26:
        failures.append("the tone is not at a quarter of full scale")
    # A busy machine breaks a device off now and then: a little is no fault of ours.
    if result["silentMs"] > 200:
        failures.append("the tone has gaps")
    if not 0 < result["latencyMs"] < 400:
        failures.append("the way from speaker to microphone is too long")
    for failure in failures:
        print("failed:", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
