#!/usr/bin/env python3
"""`tacet listen` is flooded over real sockets, and takes its calls all the same.

The flood knows the ticket: each INIT is whole and its mac1 is right (docs/protocol.md section 3),
so that nothing but the limits and cookies stands between it and the work of a handshake. It comes
from 200 loopback addresses and never reads a COOKIE, as a sender of forged addresses cannot.
"""

import base64
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

import tool
from tool import Folder

SOURCES = 200
RATE = 3000  # INIT a second
CONNECTED_S = 3


def init(mac1_key):
    """A fresh INIT that offers AEAD_AES_256_GCM in version 1."""
    ephemeral = bytearray(os.urandom(32))
    ephemeral[31] &= 0x3f  # canonical
    payload = struct.pack(">BHHBB", 1, 0x0008, 0, 1, 1).ljust(568, b"\0")
    text = b"\x08\x01\0\0" + os.urandom(4) + bytes(ephemeral) + payload
    return text + hashlib.blake2b(text, key=mac1_key, digest_size=16).digest() + bytes(16)


def flood(key, port):
    """Until standard input is closed; says every two seconds how many were sent, and at the end."""
    mac1_key = hashlib.blake2b(b"tacet/1 mac1\0\x01" + key, digest_size=32).digest()
    sockets = []
    for i in range(SOURCES):
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        source.bind(("127.0.1.%d" % (i + 1), 0))
        source.setblocking(False)
        sockets.append(source)
    os.set_blocking(sys.stdin.fileno(), False)
    begun = time.monotonic()
    sent = 0
    while sys.stdin.buffer.read() is None:
        due = int((time.monotonic() - begun) * RATE)
        while sent < due:
            if sent > 0 and sent % (2 * RATE) == 0:
                print(sent, flush=True)
            try:
                sockets[sent % SOURCES].sendto(init(mac1_key), ("127.0.0.1", port))
            except BlockingIOError:
                pass
            sent += 1
        time.sleep(0.002)  # the pace of the flood, no condition
    print(sent)


class Flood(unittest.TestCase):
    def test_a_caller_gets_through_and_memory_stays(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        silent = ["--audio-in", "silence", "--audio-out", "null"]
        listener = folder.start("listen", "--bind", "127.0.0.1:0", "--answer", "auto", "--calls",
                                "forever", "--identity", folder.identity("berta"), *silent)
        self.addCleanup(listener.kill)
        ticket = listener.ticket()
        key, _, address = ticket[len("tacet:"):].partition("@")
        key = base64.urlsafe_b64decode(key + "=")
        flooder = subprocess.Popen([sys.executable, __file__, "flood", key.hex(),
                                    address.rpartition(":")[2]], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(flooder.kill)
        begun = time.monotonic()
        self.assertEqual(int(flooder.stdout.readline()), 2 * RATE)
        for i in range(3):
            caller = folder.start("call", ticket, "--identity", folder.identity("anna%d" % i),
                                  "--seconds", "1", "--json", *silent)
            self.addCleanup(caller.kill)
            self.assertEqual(caller.wait(), 0, caller.err)
            took = caller.summary()["setupMs"]
            print("call %d: set up in %.1f ms under the flood" % (i + 1, took))
            self.assertLess(took, CONNECTED_S * 1000 * tool.PATIENCE)
        # What calls take and leave to the allocator is not the flood's: memory counts behind them.
        before = resident(listener.process.pid)
        due = (time.monotonic() - begun + 2) * RATE
        while int(flooder.stdout.readline()) < due:
            pass
        after = resident(listener.process.pid)
        print("%d KiB more in memory after 6000 INIT and more" % (after - before))
        flooder.communicate()
        if tool.PATIENCE == 1:  # a sanitizer keeps what was freed, and counts as memory too
            self.assertLess(after - before, 512)
        listener.process.send_signal(signal.SIGINT)
        self.assertEqual(listener.wait(), 0, listener.err)


def resident(pid):
    """KiB of memory that the process has."""
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        flood(bytes.fromhex(sys.argv[2]), int(sys.argv[3]))
    else:
        unittest.main()
