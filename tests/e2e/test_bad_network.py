"""Two processes call each other over a bad network, real speech and a real clip both ways.

    test_bad_network.py MEASURE REFERENCE MEDIA_FOLDER [ROW ...]

The network is the impairment link of the shared tools between two network namespaces, so it takes
root. Each row of the table below is a call on it, once a seed; the medians over seeds and sides are
held against the row's bounds. It takes a quarter of an hour and wants the machine for itself: only
the long tests run it. With ROWs (beginnings of names) only those.

MEASURE and REFERENCE are measure.c and reference.c, built. Frozen is all time between pictures
shown more than 150 ms apart, the wait before the first one (from a second after dialling) and that
after the last one.
"""
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls
import tool
from calls import Link, Loopback, delays_ms, rows_of, sent_kbps, stat
from tool import Bounds

SEEDS = [int(seed) for seed in os.environ.get("TACET_SEEDS", "1 2 3").split()]
SECONDS = 30
FPS = 30
GAP_S = 0.150
AUDIO_KBPS = 48  # speech, its headers and its repeats, about
STEP = "0 both rate=2500\n20 both rate=500\n40 both rate=2500\n"

# name, link (None: loopback), bounds: concealed %, frozen s, latency ms p50 and p95, shown a second
# of 30; further: audio one-way ms, latency ms at most, correlation, mean jitter buffer ms, first
# sound and picture ms
ROWS = [
    ("loopback", None, dict(concealed=0, frozen=0, p50=30, p95=40, fps=28.5, audio=45, buffer=25)),
    ("loss 0", "delay=50 jitter=20",
     dict(concealed=0.1, frozen=0, p50=95, p95=130, fps=28.5, audio=115, buffer=45,
          first=(410, 510))),
    ("loss 5", "delay=50 jitter=20 loss=5",
     dict(concealed=0.5, frozen=0.1, p50=100, p95=150, fps=28.5)),
    ("loss 10", "delay=50 jitter=20 loss=10",
     dict(concealed=1, frozen=0.2, p50=105, p95=180, fps=28.5, correlation=0.90)),
    ("loss 20", "delay=50 jitter=20 loss=20",
     dict(concealed=2, frozen=0.5, p50=130, p95=250, fps=27, correlation=0.85)),
    ("loss 30", "delay=50 jitter=20 loss=30",
     dict(concealed=4, frozen=2, p50=160, p95=350, fps=24)),
    ("narrow", "delay=50 jitter=20 loss=20 rate=600 qms=200",
     dict(concealed=2, frozen=1, p50=150, p95=300, fps=27, capacity=600)),
    ("step", "delay=50 rate=2500 qms=200",
     dict(concealed=0.5, frozen=0.7, p50=120, p95=300, most=900, fps=28.5, seconds=60, video=2500,
          schedule=STEP, back=1500)),
]


def option(link, name, default=0.0):
    values = dict(pair.split("=") for pair in (link or "").split())
    return float(values.get(name, default))


def percentile(values, percent):
    return values[round((len(values) - 1) * percent / 100)]


def frozen_s(shown, dialled_s, end_us):
    times = [int(row["time_us"]) for row in shown] + [end_us]
    gaps = [(after - before) / 1e6 for before, after in zip(times, times[1:])]
    first = times[0] / 1e6 - (dialled_s + 1)
    return max(0, first) + sum(gap for gap in gaps if gap > GAP_S)


def one_call(programs, files, row, seed):
    """The figures of both directions."""
    _, settings, bounds = row
    seconds = bounds.get("seconds", SECONDS)
    link = Link(settings, seed, bounds.get("schedule")) if settings else Loopback()
    with calls.begun(*files, bounds.get("video", 1500), seconds, link) as call:
        call.wait(seconds + 60)
        logs = call.logs()
        return [figures(programs[0], files, call.folder, side, logs[other], logs[side], process,
                        call.processes["caller"].began, bounds)
                for side, other, process in call.sides()]


def figures(measure, files, folder, side, sent, got, process, dialled_s, bounds):
    captured = rows_of(sent, "captured", "video")
    shown = rows_of(got, "shown", "video")
    summary = process.summary()
    stats = tool.read_stats(folder(side + ".json"))
    last = stats[-1]["stats"]
    index = {row["rtp_timestamp"]: int(row["index"]) for row in captured}
    seen = tool.measure(measure, "pictures", files[1], folder(side + ".y4m"),
                        [index[row["rtp_timestamp"]] for row in shown])
    heard = tool.measure(measure, "sound", files[0], folder(side + ".wav"))
    delays = sorted(delays_ms(captured, shown))
    audio = sorted(delays_ms(rows_of(sent, "captured", "audio"), rows_of(got, "played", "audio")))
    emitted = stat(last, "inbound-rtp", "audio", "jitterBufferEmittedCount")
    rates = sent_kbps(stats)
    result = {
        "concealed": 100 * stat(last, "inbound-rtp", "audio", "concealedSamples") /
                     stat(last, "inbound-rtp", "audio", "totalSamplesReceived"),
        "frozen": frozen_s(shown, dialled_s, int(captured[-1]["time_us"])),
        "p50": percentile(delays, 50), "p95": percentile(delays, 95), "most": delays[-1],
        "fps": FPS * len(shown) / len(captured),
        "psnr": seen["meanDb"], "correlation": heard["p10"],
        "audio": percentile(audio, 50),
        "buffer": 1e3 * stat(last, "inbound-rtp", "audio", "jitterBufferDelay") / max(1, emitted),
        "kbps": statistics.mean(rates),
        "firstAudio": summary["firstAudioMs"], "firstVideo": summary["firstVideoMs"],
    }
    if "back" in bounds:
        # Seconds from the recovery until a whole second carries so much again.
        began = stats[0]["timestamp_us"] / 1e6 - dialled_s
        after = [i + 1 + began - 40 for i, kbps in enumerate(rates)
                 if i + began >= 40 and kbps >= bounds["back"]]
        result["back"] = after[0] if after else 99
    return result


def reference_db(program, clip, row):
    """What the encoder makes of the clip at nine tenths of what is left for it."""
    _, settings, bounds = row
    video = bounds.get("video", 1500)
    capacity = bounds.get("capacity", 1e9)
    kbps = 0.9 * (min(video, capacity) * (1 - option(settings, "loss") / 100) - AUDIO_KBPS)
    done = subprocess.run([program, clip, str(int(1000 * kbps)), "300"], stdout=subprocess.PIPE,
                          check=True, timeout=300)
    return json.loads(done.stdout)["meanDb"]


def judge(row, results, reference):
    _, settings, bounds = row
    median = {name: statistics.median(one[name] for one in results) for name in results[0]}
    held = Bounds()
    for name, unit in (("concealed", "%"), ("frozen", "s"), ("p50", "ms"), ("p95", "ms"),
                       ("most", "ms"), ("audio", "ms")):
        if name in bounds:
            held.at_most("%s, %s" % (name, unit), median[name], bounds[name])
    if "fps" in bounds:
        held.at_least("pictures a second", median["fps"], bounds["fps"])
    if "back" in bounds:
        held.at_most("seconds back to %d kbit/s" % bounds["back"], median["back"], 5)
    else:
        held.at_least("luma PSNR, dB", median["psnr"], reference - 1.5)
    if "correlation" in bounds:
        held.at_least("correlation, 10th percentile", median["correlation"], bounds["correlation"])
    if "buffer" in bounds:
        held.at_most("mean jitter buffer, ms", median["buffer"], bounds["buffer"])
    if "first" in bounds:
        held.at_most("first sound, ms", median["firstAudio"], bounds["first"][0])
        held.at_most("first picture, ms", median["firstVideo"], bounds["first"][1])
    print("also: " + "  ".join("%s %.4g" % (name, median[name]) for name in
                               ("audio", "buffer", "kbps", "firstAudio", "firstVideo", "most",
                                "correlation", "psnr")))
    return held.missed


def main(measure, reference, media_folder, *wanted):
    if not wanted and os.environ.get("TACET_LONG") != "1":
        tool.skip("takes a quarter of an hour: tools/test --long runs it")
    calls.need_link()
    files = tool.expand(media_folder, "speech_48k.wav", "asl_640x360.y4m")
    missed = []
    for row in ROWS:
        if wanted and not any(row[0].startswith(name) for name in wanted):
            continue
        print("\n== " + row[0], flush=True)
        results = []
        for seed in SEEDS:
            for one in one_call((measure, reference), files, row, seed):
                results.append(one)
                print("seed %d: " % seed +
                      "  ".join("%s %.4g" % pair for pair in sorted(one.items())), flush=True)
        missed += ["%s: %s" % (row[0], text)
                   for text in judge(row, results, reference_db(reference, files[1], row))]
    print("\n%d bounds missed%s" % (len(missed), ":" if missed else ""))
    print("\n".join(missed))
    assert not missed


if __name__ == "__main__":
    main(*sys.argv[1:])
