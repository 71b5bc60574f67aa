"""Records the arrival traces of this folder, over the impaired link and in real time.

    TACET_SHARED=DIR record.py [NAME...]

Needs root, for the link's namespaces. What is sent is what a call would send: a packet of sound
every 20 ms, and two of pictures every 33. The models are below, in the link's own words (tunlink.c
opens with the list of them); sender and receiver are processes with one clock.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 9000
SECONDS = 18
AUDIO = (0.02, [150])
VIDEO = (1 / 30, [700, 700])
HEADERS = 28
READY = "ready"

# What it is, the link at first, and how it goes on: seconds and settings.
MODELS = {
    "clean": ("A wired way with next to no jitter.", "delay=20 jitter=1", []),
    "crowded-wifi": (
        "One of many stations: exponential waits for the channel, collisions that lose what is\n"
        "# sent in some 30 ms, a rate that changes, and two scans in which nothing is served.",
        "delay=12 jitter=7 jdist=exp get=1500,30,50 rate=3000 qms=300",
        [(5, "hold=1"), (5.15, "hold=0"), (8, "rate=900"), (11, "rate=2500"),
         (13, "hold=1"), (13.25, "hold=0")]),
    "lte-handover": (
        "Schedules of some ms, a good rate; at 6 s a handover that holds packets back for 120 ms\n"
        "# and at 12 s one of 300 ms, behind which the way is longer. Nothing is lost: the old\n"
        "# mast forwards.",
        "delay=40 jitter=5 jdist=normal rate=5000 qms=600",
        [(6, "hold=1"), (6.12, "hold=0 delay=46"), (12, "hold=1"), (12.3, "hold=0 delay=58")]),
    "congested-queue": (
        "A queue of 400 ms: the rate falls below what is sent from 6 to 11 s, and it fills.",
        "delay=30 jitter=2 rate=1200 qms=400", [(6, "rate=360"), (11, "rate=1200")]),
    "satellite": (
        "280 ms each way, hardly any jitter; rain from 6 to 12 s, in which bursts are lost.",
        "delay=280 jitter=6 loss=0.2 rate=3000 qms=400",
        [(6, "ge=2,20,60"), (12, "ge=0")]),
}


def send():
    """In the sender's namespace: prints number, time in us and size of each packet."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begin = time.monotonic() + 0.3
    due = [(0.0, AUDIO), (0.0, VIDEO)]
    counts = [0, 0]
    number = 0
    while True:
        which = 0 if due[0][0] <= due[1][0] else 1
        at, (apart, sizes) = due[which]
        if at >= SECONDS:
            break
        time.sleep(max(0.0, begin + at - time.monotonic()))
        for size in sizes:
            print(number, time.monotonic_ns() // 1000, size + HEADERS)
            out.sendto(number.to_bytes(4, "big") + bytes(size - 4), ("10.99.0.2", PORT))
            number += 1
        counts[which] += 1
        due[which] = (counts[which] * apart, due[which][1])


def receive():
    """In the receiver's namespace: prints READY, then number and time in us of what comes, until
    nothing has come for a while."""
    inbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inbound.bind(("10.99.0.2", PORT))
    inbound.settimeout(3)
    print(READY, flush=True)
    try:
        while True:
            data = inbound.recv(2048)
            print(int.from_bytes(data[:4], "big"), time.monotonic_ns() // 1000)
    except socket.timeout:
        pass


def record(name):
    """One trace, written to its file."""
    what, link, changes = MODELS[name]
    script = os.path.join(os.environ["TACET_SHARED"], "tools", "tunlink.sh")
    environment = dict(os.environ, TL_ID="trace" + name[:3])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as schedule:
        schedule.writelines(f"{at} ab {settings}\n" for at, settings in changes)
        schedule.flush()

        def run(*words, **more):
            return subprocess.Popen(["bash", script, *words], env=environment, text=True, **more)

        if run("up", "--seed", "1", "--t0", "packet", "--rt", "--ab", link, "--ba", "delay=1",
               "--sched", schedule.name).wait() != 0:
            sys.exit(f"{name}: no link")
        try:
            me = [sys.executable, os.path.abspath(__file__)]
            receiver = run("b", *me, "--receive", stdout=subprocess.PIPE)
            if receiver.stdout.readline() != READY + "\n":
                sys.exit(f"{name}: no receiver")
            sender = run("a", *me, "--send", stdout=subprocess.PIPE)
            sent = [line.split() for line in sender.communicate()[0].splitlines()]
            came = dict(line.split() for line in receiver.communicate()[0].splitlines())
        finally:
            run("down", stdout=subprocess.DEVNULL).wait()
    begin = int(sent[0][1])
    with open(os.path.join(HERE, name + ".txt"), "w", encoding="ascii") as file:
        file.write(f"# {what}\n# Link: {link}\n")
        file.writelines(f"# at {at} s: {settings}\n" for at, settings in changes)
        file.write("# Sent and arrived, in us (-: lost), and bytes with IP and UDP.\n")
        for number, at, size in sent:
            arrived = int(came[number]) - begin if number in came else "-"
            file.write(f"{int(at) - begin} {arrived} {size}\n")


def main():
    if sys.argv[1:] == ["--send"]:
        send()
    elif sys.argv[1:] == ["--receive"]:
        receive()
    else:
        os.nice(-10)
        for name in sys.argv[1:] or MODELS:
            record(name)


main()
