"""Two processes call each other over loopback with real speech and a real clip both ways.

    test_call_quality.py MEASURE MEDIA_FOLDER [SECONDS]

MEASURE is measure.c, built; MEDIA_FOLDER keeps the decoded media from one run to the next. What is
heard and seen must be as good as the codecs can make it. Delays are printed beside what they should
be, but fail the test only from three times that on: on a machine that does something else at the
same time they tell of that, and a test that fails by chance is no test.

For the same reason a witness runs beside the call, which only sleeps and looks how late it is
woken. A call that missed a bound is done again if the witness too was let wait, for longer than the
playout buffer can bridge; if it was so every time, the test is skipped. On a machine that is not
overrun a missed bound fails at once.
"""
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls
import tool
from calls import Loopback, delays_ms, rows_of
from tool import Bounds, Witness

SECONDS = 20
SLACK = 3 * tool.PATIENCE
ATTEMPTS = 3
BRIDGED_MS = 40  # what the playout buffer holds when it has seen no jitter
SIZE = (640, 360)
FPS = 30


def check_sound(bounds, files, measure_program, folder, side):
    rate, samples = tool.read_wav(folder(side + ".wav"))
    assert rate == 48000, rate
    del samples
    heard = tool.measure(measure_program, "sound", files[0], folder(side + ".wav"))
    bounds.at_least("seconds of speech compared", heard["seconds"], files[2] - 2)
    bounds.at_least("correlation a second, median", heard["median"], 0.97)
    bounds.at_least("correlation a second, 10th percentile", heard["p10"], 0.93)
    # The playout buffer gives up once what it held too much of at the start.
    bounds.at_most("jump of alignment, ms", heard["jumpMs"], 25)


def check_pictures(bounds, files, measure_program, folder, side, captured, shown):
    width, height, count = tool.read_y4m(folder(side + ".y4m"))
    assert (width, height) == SIZE, (width, height)
    assert count == len(shown), "%d pictures in the file, %d in the log" % (count, len(shown))
    index = {row["rtp_timestamp"]: int(row["index"]) for row in captured}
    order = [index[row["rtp_timestamp"]] for row in shown]
    assert order == sorted(set(order)), "pictures were repeated, or shown out of order"
    seen = tool.measure(measure_program, "pictures", files[1], folder(side + ".y4m"), order)
    bounds.at_least("pictures captured", len(captured), 0.95 * FPS * files[2])
    bounds.at_least("of them shown, %", 100 * len(shown) / len(captured), 99)
    bounds.at_least("luma PSNR, mean, dB", seen["meanDb"], 43)
    bounds.at_least("luma PSNR, of all pictures at once, dB", seen["pooledDb"], 43)


def check_delays(bounds, sent, got):
    for kind, event, limit in (("video", "shown", 60), ("audio", "played", 90)):
        delays = delays_ms(rows_of(sent, "captured", kind), rows_of(got, event, kind))
        bounds.at_most("captured to %s, median, ms" % event, statistics.median(delays), limit,
                       limit * SLACK)


def check_summary(bounds, process, folder, side, seconds):
    summary = process.summary()
    assert set(summary) == tool.SUMMARY, set(summary) ^ tool.SUMMARY
    assert summary["result"] == "ended", summary["result"]
    bounds.at_most("durationS beside --seconds", abs(summary["durationS"] - seconds), 0.5)
    # A stray packet of another process on the port would be no mistake of ours: only these count.
    assert summary["drops"]["auth"] == summary["drops"]["replay"] == 0, summary["drops"]
    for name, limit in (("handshakeMs", 30), ("firstAudioMs", 150)):
        bounds.at_most(name, summary[name], limit, limit * SLACK)
    stats = tool.read_stats(folder(side + ".json"))
    bounds.at_least("objects of statistics", len(stats), seconds - 1)
    for one in stats:
        assert set(one) == {"timestamp_us", "stats"}, one
    last = {(s["type"], s.get("kind")): s for s in stats[-1]["stats"]}
    lost = last["inbound-rtp", "audio"]["packetsLost"] + last["inbound-rtp", "video"]["packetsLost"]
    bounds.at_most("packets lost on loopback", lost, 0)
    return summary


def attempt(measure_program, files, witness):
    """One call, measured: its bounds."""
    speech, clip, seconds = files
    bounds = Bounds()
    with calls.begun(speech, clip, 1000, seconds, Loopback(), witness.start) as call:
        call.wait(seconds + 30)
        witness.finish()
        logs = call.logs()
        words = set()
        for side, other, process in call.sides():
            print("\nat the %s:" % side)
            check_sound(bounds, files, measure_program, call.folder, side)
            check_pictures(bounds, files, measure_program, call.folder, side,
                           rows_of(logs[other], "captured", "video"),
                           rows_of(logs[side], "shown", "video"))
            check_delays(bounds, logs[other], logs[side])
            words.add(check_summary(bounds, process, call.folder, side, seconds)["words"])
        assert len(words) == 1, words
        return bounds


def main(measure_program, media_folder, seconds):
    files = (*tool.expand(media_folder, "speech_48k.wav", "asl_640x360.y4m"), seconds)
    for _ in range(ATTEMPTS):
        witness = Witness()
        bounds = attempt(measure_program, files, witness)
        print("\nthe witness was let wait %.1f ms" % witness.worst_ms)
        if not bounds.missed or witness.worst_ms <= BRIDGED_MS:
            bounds.check()
            return
    tool.skip("the machine is too busy: a call cannot be judged on it")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else SECONDS)
