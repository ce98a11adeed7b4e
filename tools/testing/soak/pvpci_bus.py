#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of soak/pvpci: cycles, a storm, and a comparison of what the guest and
the daemon have at the end."""

import json
import os
import random
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../selftests/lib"))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, expect, within

BATCH = 8	# functions of one call
WARM = 10	# calls before anything is compared
SLOTS = range(4, 32)
DOMAIN = "10009"
# What a busy kernel and its daemon may have more of without that being called a leak.
# Of the daemon only anonymous memory counts: guest memory that it touches is shared.
# malloc keeps what 28 functions and their requests once took, 40 KiB for each. In
# 10,000 cycles a leak of half a KiB for each function is more than this.
GUEST_MARGIN_KB, DAEMON_MARGIN_KB = 8192, 4096
SEED = int(os.environ.get("SEED", "1"))


def ask(command, **more):
    """An answer of the daemon; each on a connection of its own."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(120)
    link.connect(os.environ["PVPCI_CONTROL"])
    with link, link.makefile("rb") as answers:
        link.sendall(json.dumps({"command": command, **more}).encode() + b"\n")
        return json.loads(answers.readline() or b'{"ok": false, "error": "no answer"}')


def function(slot, rng):
    """A test device or a disk; disks are slower to come and to go."""
    if rng.randrange(8) == 0:
        name = "soak%s.img" % slot
        with open(name, "ab") as image:
            image.truncate(1 << 20)
        return {"slot": slot, "model": "nvme", "namespaces": [{"file": name}]}
    return {"slot": slot, "model": "testdev", "msix": rng.randrange(4), "bars": [
        {"bar": 0, "bits": 32, "bytes": 4096 << rng.randrange(8)},
        {"bar": 2, "bits": 64, "bytes": 4096 << rng.randrange(11)}]}


def daemon():
    """(open files, memory in KiB)"""
    proc = "/proc/%s/" % os.environ["PVPCID_PID"]
    with open(proc + "status", encoding="ascii") as status:
        rss = [line.split()[1] for line in status if line.startswith("RssAnon")]
    return len(os.listdir(proc + "fd")), int(rss[0])


class Soak:
    """What all parts share."""

    def __init__(self):
        self.guest, self.rng, self.wrong = Guest(), random.Random(SEED), []
        self.turns = self.refusals = 0
        self.before = None

    def slab_kb(self):
        self.guest.sh("sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1")
        return int(self.guest.sh("awk '/^SUnreclaim/ { print $2 }' /proc/meminfo"))

    def start(self):
        self.guest.sh("modprobe nvme; modprobe pvpci_testdev; modprobe pvpci")
        within(60, lambda: self.guest.ok("[ $(grep -l live /sys/class/nvme/nvme*/state | "
                                         "wc -l) -eq 2 ]"), "two disks")
        disks = ":".join("/dev/%sn1" % name for name in self.guest.sh(
            "grep -l KEEP /sys/class/nvme/nvme*/serial | cut -d/ -f5").split())
        self.guest.sh("fio --name=keep --filename=%s --rw=randrw --bs=4k --iodepth=4 --direct=1 "
                      "--size=32M --ioengine=libaio --verify=crc32c --verify_fatal=1 "
                      "--time_based --runtime=1000000 >/tmp/fio.log 2>&1 & echo $! >/tmp/fio.pid"
                      % disks)

    def one_call(self):
        """Add a batch, see all of it bound, eject it."""
        slots = ["%02x.0" % number for number in self.rng.sample(SLOTS, BATCH)]
        answer = ask("add", wait_ms=60000, functions=[function(s, self.rng) for s in slots])
        expect(answer["ok"] and answer["complete"], "add: %s" % str(answer)[:300])
        for added in answer["functions"]:
            expect(added["outcome"]["result"] == "bound", "%s: %s" % (
                added["slot"], added["outcome"]))
        for slot in slots:
            answer = ask("eject", slot=slot, timeout_ms=60000)
            expect(answer["ok"], "eject %s: %s" % (slot, answer))

    def cycles(self):
        count = int(os.environ["CYCLES"])
        calls = max(WARM + 1, count // BATCH)
        for number in range(calls):
            if number == WARM:
                self.before = (self.slab_kb(), *daemon())
            self.one_call()
            if number % 50 == 49:
                print("# %d of %d cycles" % ((number + 1) * BATCH, count), flush=True)
        self.no_leak()

    def no_leak(self):
        now = (self.slab_kb(), *daemon())
        print("# guest slab %d to %d KiB, daemon's files %d to %d, memory %d to %d KiB" % (
            self.before[0], now[0], self.before[1], now[1], self.before[2], now[2]))
        expect(now[0] - self.before[0] < GUEST_MARGIN_KB, "the guest's slab grows")
        expect(now[1] <= self.before[1], "the daemon's files grow")
        expect(now[2] - self.before[2] < DAEMON_MARGIN_KB, "the daemon's memory grows")

    def stir(self, rng, end):
        """Adds and ejects without looking; both may be refused, but must be answered."""
        while time.monotonic() < end:
            slot = "%02x.0" % rng.choice(SLOTS)
            if rng.randrange(2):
                answer = ask("add", wait_ms=rng.choice((0, 1, 1000)),
                             function=function(slot, rng))
            else:
                answer = ask("eject", slot=slot, timeout_ms=rng.choice((1, 100, 20000)),
                             force=rng.randrange(4) == 0)
            self.turns += 1
            self.refusals += not answer["ok"]
            if answer.get("error") == "no answer":
                self.wrong.append(answer["error"])

    def storm(self):
        end = time.monotonic() + float(os.environ["STORM"])
        threads = [threading.Thread(target=self.stir, args=(random.Random(SEED + i), end))
                   for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("# %d commands, %d of them refused" % (self.turns, self.refusals))
        expect(not self.wrong, str(self.wrong[:3]))

    def agree(self):
        """The guest has what the daemon has, bound to what the daemon says."""
        def pairs():
            there = {"%s:00:%s" % (DOMAIN, fn["slot"]): (fn["outcome"] or {}).get("driver")
                     for fn in ask("list")["functions"]}
            here = dict((line + " None").split()[:2] for line in self.guest.sh(
                "for d in /sys/bus/pci/devices/%s:*; do echo ${d##*/} "
                "$(basename $(readlink $d/driver)); done" % DOMAIN).split("\n") if line)
            return there, {key: value if value != "None" else None for key, value in here.items()}
        within(60, lambda: len(set(map(str, pairs()))) == 1 or pairs()[0] == pairs()[1],
               "guest and daemon agree: %s" % str(pairs())[:600])
        print("# %d functions at the end" % len(pairs()[0]))

    def clean(self):
        for fn in ask("list")["functions"]:
            if fn["slot"] not in ("01.0", "02.0"):
                answer = ask("eject", slot=fn["slot"], timeout_ms=60000)
                expect(answer["ok"], "eject %s: %s" % (fn["slot"], answer))
        self.agree()
        self.no_leak()

    def survivors(self):
        expect(self.guest.ok("kill -0 $(cat /tmp/fio.pid)"), "fio has ended: " +
               self.guest.run("tail -n 5 /tmp/fio.log")[1])
        self.guest.sh("kill -INT $(cat /tmp/fio.pid); while kill -0 $(cat /tmp/fio.pid) "
                      "2>/dev/null; do sleep 0.1; done")
        expect(self.guest.ok("grep -q 'err= 0' /tmp/fio.log"), self.guest.sh("tail /tmp/fio.log"))
        self.guest.sh("rmmod pvpci")


def main():
    soak, cases = Soak(), Cases()
    for part in (soak.start, soak.cycles, soak.storm, soak.agree, soak.clean, soak.survivors):
        cases.run(part)
    cases.finish()


main()
