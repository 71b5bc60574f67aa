"""Calls over the impaired link that something happens to: the first second while a fifth is lost,
an address that changes, a way that is gone for a while.

    test_disturbance.py MEDIA_FOLDER [PART ...]

The link is as in test_bad_network.py. It takes root and three minutes and wants the machine for
itself: only the long tests run it. With PARTs (first_media, address_changes, way_returns) only
those.
"""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls
import tool
from calls import Link, rows_of, stat
from tool import Bounds

NETWORK = "delay=50 jitter=20"
KBPS = 1500
SAMPLES_A_MS = 48

FIRST_RUNS = 20
FIRST_MS = (700, 700)  # twice 3.5 and 4.5 round trips of 100 ms and 60 ms are asked for

ADDRESSES = ("10.99.0.3", "10.99.0.4")
CHANGES_APART_S = 6
CHANGE_COSTS_MS = 200

AWAY_FROM_S = 8
AWAY_S = 7
BACK_MS = 500
LINES = ("nothing came for 5 s: waiting for the network", "the network is back")


def first_media(files, bounds):
    firsts = []
    for seed in range(1, FIRST_RUNS + 1):
        with calls.begun(*files, KBPS, 3, Link(NETWORK + " loss=20", seed)) as call:
            call.wait(60)
            summary = call.processes["caller"].summary()
            firsts.append((summary["firstAudioMs"], summary["firstVideoMs"]))
    for name, values, most in zip(("sound", "picture"), zip(*firsts), FIRST_MS):
        print("%s: %s" % (name, sorted(values)))
        bounds.at_most("first %s with 20 %% loss, median, ms" % name, statistics.median(values),
                       most)


def change_address(link, address):
    """The caller's; the old one is gone."""
    routes = link.call("a", "ip", "-o", "-4", "route", "show", "10.99.0.0/24").stdout.split()
    device = routes[routes.index("dev") + 1]
    for command in (("flush", "dev", device), ("add", address + "/24", "dev", device)):
        done = link.call("a", "ip", "addr", *command)
        assert done.returncode == 0, done.stderr


def address_changes(files, bounds):
    link = Link(NETWORK, 1)
    with calls.begun(*files, KBPS, CHANGES_APART_S * (len(ADDRESSES) + 1), link) as call:
        call.processes["caller"].wait_answered()
        for address in ADDRESSES:
            time.sleep(CHANGES_APART_S)
            change_address(link, address)
        call.wait(60)
        for side in calls.SIDES:
            last = tool.read_stats(call.folder(side + ".json"))[-1]["stats"]
            samples = stat(last, "inbound-rtp", "audio", "concealedSamples")
            bounds.at_most("made up a change of address, %s, ms" % side,
                           samples / SAMPLES_A_MS / len(ADDRESSES), CHANGE_COSTS_MS)


def way_returns(files, bounds):
    back_s = AWAY_FROM_S + AWAY_S
    schedule = "0 both %s\n%d both down=1\n%d both down=0\n" % (NETWORK, AWAY_FROM_S, back_s)
    began = []
    with calls.begun(*files, KBPS, back_s + 5, Link(NETWORK, 1, schedule),
                     lambda: began.append(time.monotonic())) as call:
        call.wait(60)
        back_us = 1e6 * (began[0] + back_s)
        for side, log in call.logs().items():
            told = [line for line in call.processes[side].err if line in LINES]
            assert told == list(LINES), call.processes[side].err
            for event, kind in (("played", "audio"), ("shown", "video")):
                after = [int(row["time_us"]) for row in rows_of(log, event, kind)
                         if int(row["time_us"]) > back_us]
                assert after, "no %s after the way returned" % kind
                bounds.at_most("%s after the way returned, %s, ms" % (kind, side),
                               (after[0] - back_us) / 1e3, BACK_MS)


PARTS = (first_media, address_changes, way_returns)


def main(media_folder, *wanted):
    if not wanted and os.environ.get("TACET_LONG") != "1":
        tool.skip("takes three minutes: tools/test --long runs it")
    calls.need_link()
    files = tool.expand(media_folder, "speech_48k.wav", "asl_640x360.y4m")
    bounds = Bounds()
    for part in PARTS:
        if not wanted or part.__name__ in wanted:
            part(files, bounds)
    bounds.check()


if __name__ == "__main__":
    main(*sys.argv[1:])
