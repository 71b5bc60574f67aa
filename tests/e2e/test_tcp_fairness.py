"""A call beside one TCP flow (Cubic) on a narrow link: neither may starve the other.

    test_tcp_fairness.py MEDIA_FOLDER [RUNS]

The link is as in test_bad_network.py. The flow goes the caller's way from five seconds on; over its
last 25 seconds the call must have had between a quarter and three quarters of what both carried.
"""
import os
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls
import tool
from calls import Link, sent_kbps
from tool import Bounds

RUNS = 3
CAPACITY_KBPS = 2000
LINK = "delay=25 rate=%d qms=200" % CAPACITY_KBPS
LEAD_S = 5   # the call alone
SETTLE_S = 5  # both, not counted
COUNTED_S = 25
PORT = 6000


def receive():
    """Counts what comes; prints bytes and time once a second, until the flow ends."""
    server = socket.create_server(("10.99.0.2", PORT))
    print("ready", flush=True)
    connection, _ = server.accept()
    total, next_line = 0, time.monotonic() + 1
    while data := connection.recv(65536):
        total += len(data)
        if time.monotonic() >= next_line:
            print(total, flush=True)
            next_line += 1


def send(seconds):
    flow = socket.socket()
    flow.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    flow.connect(("10.99.0.2", PORT))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        flow.send(bytes(16384))


def one_run(files, seed):
    """The call's share of what both carried."""
    link = Link(LINK, seed)
    started = []
    seconds = LEAD_S + SETTLE_S + COUNTED_S
    with calls.begun(*files, 2 * CAPACITY_KBPS, seconds + 2, link) as call:
        try:
            call.processes["caller"].wait_answered()
            receiver = subprocess.Popen([*link.within("b"), sys.executable, __file__, "--receive"],
                                        stdout=subprocess.PIPE, text=True)
            started.append(receiver)
            assert receiver.stdout.readline() == "ready\n"
            stats = call.folder("caller.json")
            tool.wait_until(lambda: len(tool.lines(stats)) > LEAD_S)
            sender = subprocess.Popen([*link.within("a"), sys.executable, __file__, "--send",
                                       str(SETTLE_S + COUNTED_S)])
            started.append(sender)
            assert sender.wait(seconds + 30) == 0
            totals = [int(line) for line in receiver.communicate(timeout=30)[0].split()]
        finally:
            for process in started:
                process.kill()
        call.wait(seconds + 60)
        flow = 8e-3 * (totals[-1] - totals[SETTLE_S - 1]) / (len(totals) - SETTLE_S)
        rates = sent_kbps(tool.read_stats(stats))
        first = LEAD_S + SETTLE_S
        mine = statistics.mean(rates[first:first + COUNTED_S])
        print("seed %d: call %.0f kbit/s, flow %.0f kbit/s" % (seed, mine, flow), flush=True)
        return mine / (mine + flow)


def main(media_folder, runs=RUNS):
    if os.environ.get("TACET_LONG") != "1":
        tool.skip("takes minutes: tools/test --long runs it")
    calls.need_link()
    files = tool.expand(media_folder, "speech_48k.wav", "asl_640x360.y4m")
    bounds = Bounds()
    for seed in range(1, int(runs) + 1):
        share = 100 * one_run(files, seed)
        bounds.at_least("the call's share, %", share, 25)
        bounds.at_most("the call's share, %", share, 75)
    bounds.check()


if __name__ == "__main__":
    if sys.argv[1] == "--receive":
        receive()
    elif sys.argv[1] == "--send":
        send(float(sys.argv[2]))
    else:
        main(*sys.argv[1:])
