"""GStreamer plays what we send: SRTP and SRTCP with the MKI, the RTP payloads, Opus and VP8.

    test_gstreamer_decodes.py MEASURE MEDIA_FOLDER PROTECTED_CALL

PROTECTED_CALL (protected_call.c) writes the packets of a call and the key to them. They go over UDP
to a pipeline of GStreamer, which knows nothing but the key; what it decoded is laid beside the
source.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tool
from tool import Bounds, Folder

ELEMENTS = ["audioconvert", "filesink", "opusdec", "rtpopusdepay", "rtpvp8depay", "srtpdec",
            "udpsrc", "videoconvert", "vp8dec", "wavenc", "y4menc"]
# (profile, who sends, cipher and authentication as srtpdec names them). RFC 7714: with AES-GCM the
# cipher authenticates, so that there is no authentication beside it.
PROFILES = [
    ("AEAD_AES_256_GCM", "caller", "aes-256-gcm", "null"),
    ("AEAD_AES_128_GCM", "callee", "aes-128-gcm", "null"),
    ("AES_CM_128_HMAC_SHA1_80", "caller", "aes-128-icm", "hmac-sha1-80"),
]
FPS = 30
SECONDS = 6
QUEUED_MAX = 60000  # bytes in a socket's queue: no packet is lost for want of room


def need_gstreamer():
    for program in ("gst-launch-1.0", "gst-inspect-1.0"):
        if shutil.which(program) is None:
            tool.skip("no %s (gstreamer1.0-tools)" % program)
    for element in ELEMENTS:
        if subprocess.run(["gst-inspect-1.0", "--exists", element]).returncode != 0:
            tool.skip("GStreamer has no %s (gstreamer1.0-plugins-base, -good, -bad)" % element)


def read_packets(file):
    """RFC 4571 section 2: each behind its length."""
    packets = []
    with open(file, "rb") as stream:
        data = stream.read()
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 2], "big")
        packets.append(data[at + 2:at + 2 + size])
        at += 2 + size
    assert at == len(data) and packets, file
    return packets


def picture_numbers(packets):
    """Of the pictures sent, in order: the first packet's is number 0. The recording may end amid
    the last one; a whole one ends with a marked packet."""
    while not packets[-1][1] & 0x80:
        packets = packets[:-1]
    stamps = [int.from_bytes(packet[4:8], "big") for packet in packets]
    steps = dict.fromkeys((stamp - stamps[0]) % 2**32 for stamp in stamps)
    return [round(step * FPS / 90000) for step in steps]


def ssrc_of(packet, at):
    return int.from_bytes(packet[at:at + 4], "big")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def queue_of(port):
    """(bytes waiting, datagrams lost) of the UDP socket bound there, or None."""
    with open("/proc/net/udp") as table:
        next(table)
        for line in table:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port:
                return int(fields[4].split(":")[1], 16), int(fields[-1])
    return None


def source(port, packets, ssrc, caps, profile, key):
    """The beginning of a pipeline: it ends by itself after the last of the packets."""
    _, _, cipher, authentication = profile
    caps = caps + ["ssrc=(uint)%d" % ssrc, "srtp-key=(buffer)" + key["key"],
                   "mki=(buffer)%02x" % key["mki"], "roc=(uint)0"]
    for name in ("srtp", "srtcp"):
        caps += ["%s-cipher=(string)%s" % (name, cipher),
                 "%s-auth=(string)%s" % (name, authentication)]
    return ["udpsrc", "address=127.0.0.1", "port=%d" % port, "num-buffers=%d" % len(packets),
            "caps=" + ",".join(caps), "!"]


def send(gstreamer, packets, ports):
    """Each kind to its port, as fast as they are taken."""
    def bound():
        assert gstreamer.poll() is None, "gst-launch-1.0 ended early"
        return all(queue_of(port) is not None for port in ports.values())

    def room(port):
        queue = queue_of(port)
        return queue is None or queue[0] < QUEUED_MAX

    tool.wait_until(bound)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for kind, port in ports.items():
            for i, packet in enumerate(packets[kind]):
                if i % 10 == 0:
                    tool.wait_until(lambda: room(port))
                out.sendto(packet, ("127.0.0.1", port))


def decode(folder, packets, profile, key):
    ports = {kind: free_port() for kind in packets}
    # Not async: no branch waits until the others have something to write.
    file_sink = ["!", "filesink", "async=false"]
    ssrcs = {"audio": ssrc_of(packets["audio"][0], 8), "video": ssrc_of(packets["video"][0], 8),
             "control": ssrc_of(packets["control"][0], 4)}
    caps = {"audio": ["application/x-srtp", "media=audio", "clock-rate=48000", "payload=111",
                      "encoding-name=OPUS"],
            "video": ["application/x-srtp", "media=video", "clock-rate=90000", "payload=96",
                      "encoding-name=VP8"],
            "control": ["application/x-srtcp"]}
    sources = {kind: source(ports[kind], packets[kind], ssrcs[kind], caps[kind], profile, key)
               for kind in packets}
    pipeline = [
        *sources["audio"], "srtpdec", "!", "rtpopusdepay", "!", "opusdec", "!", "audioconvert", "!",
        "audio/x-raw,format=S16LE,rate=48000,channels=1", "!", "wavenc", *file_sink,
        "location=" + folder("heard.wav"),
        *sources["video"], "srtpdec", "!", "rtpvp8depay", "!", "vp8dec", "!", "videoconvert", "!",
        "video/x-raw,format=I420", "!", "y4menc", *file_sink, "location=" + folder("shown.y4m"),
        "srtpdec", "name=control", *sources["control"], "control.rtcp_sink", "control.rtcp_src",
        *file_sink, "location=" + folder("reports")]
    gstreamer = subprocess.Popen(["gst-launch-1.0", "-q", *pipeline], stdin=subprocess.DEVNULL)
    try:
        send(gstreamer, packets, ports)
        assert gstreamer.wait(timeout=30 * tool.PATIENCE) == 0, "gst-launch-1.0 failed"
    finally:
        if gstreamer.poll() is None:
            gstreamer.kill()
            gstreamer.wait()


def check_reports(file, packets):
    """Each compound packet (RFC 3550 section 6.1) and each congestion control feedback (RFC 8888,
    alone in its packet: RFC 5506) is there in clear and nothing else is."""
    known = {ssrc_of(packets[kind][0], 8) for kind in ("audio", "video")}
    with open(file, "rb") as stream:
        data = stream.read()
    of_sender = {200: 0, 202: 0, 205: 0}  # SR, SDES, RTPFB
    at = 0
    while at < len(data):
        first, kind = data[at:at + 2]
        assert first >> 6 == 2, "not RTCP at byte %d" % at
        assert ssrc_of(data[at:], 4) in known, "a report of somebody else"
        if kind in of_sender and ssrc_of(data[at:], 4) == ssrc_of(packets["control"][0], 4):
            of_sender[kind] += 1
        at += 4 * (int.from_bytes(data[at + 2:at + 4], "big") + 1)
    assert at == len(data), "cut in the middle of a packet"
    alone = sum(packet[1] == 205 for packet in packets["control"])
    count = len(packets["control"]) - alone
    assert of_sender == {200: count, 202: count, 205: alone}, (of_sender, count, alone)
    assert alone > 0
    print("%d sender reports with their SDES, %d feedback reports" % (count, alone))


def check(profile, programs, speech, bounds):
    measure_program, protected_call = programs
    folder = Folder()
    try:
        made = subprocess.run([protected_call, folder.path, *profile[:2], *speech], check=True,
                              stdout=subprocess.PIPE, text=True, timeout=60 * tool.PATIENCE)
        key = json.loads(made.stdout)
        packets = {kind: read_packets(folder(kind + ".rtp")) for kind in ("audio", "video",
                                                                       "control")}
        # srtpdec is told of one sender.
        sender = ssrc_of(packets["control"][0], 4)
        packets["control"] = [p for p in packets["control"] if ssrc_of(p, 4) == sender]
        print("\n%s from the %s: %d packets of sound, %d of pictures" % (
            *profile[:2], len(packets["audio"]), len(packets["video"])), flush=True)
        decode(folder, packets, profile, key)
        heard = tool.measure(measure_program, "sound", folder("source.wav"), folder("heard.wav"))
        bounds.at_least("seconds of sound compared", heard["seconds"], SECONDS - 2)
        bounds.at_least("correlation a second, least", heard["least"], 0.97)
        if speech:  # a tone fits in many places
            bounds.at_most("jump of alignment, ms", heard["jumpMs"], 1)
        check_reports(folder("reports"), packets)
        numbers = picture_numbers(packets["video"])
        bounds.at_least("pictures sent", len(numbers), 0.9 * FPS * (SECONDS - 1))
        bounds.at_least("of them decoded, %",
                        100 * tool.read_y4m(folder("shown.y4m"))[2] / len(numbers), 100)
        shown = tool.measure(measure_program, "pictures", folder("source.y4m"),
                             folder("shown.y4m"), numbers)
        bounds.at_least("luma PSNR, mean, dB", shown["meanDb"], 38)
    finally:
        folder.remove()


def main(measure_program, media_folder, protected_call):
    need_gstreamer()
    script = os.path.join(os.environ.get("TACET_SHARED", ""), "media", "expand.sh")
    speech = tool.expand(media_folder, "speech_48k.wav") if os.path.exists(script) else []
    bounds = Bounds()
    for profile in PROFILES:
        check(profile, (measure_program, protected_call), speech, bounds)
    bounds.check()


if __name__ == "__main__":
    main(*sys.argv[1:])
