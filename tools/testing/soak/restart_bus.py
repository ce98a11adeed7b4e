#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of soak/restart."""

import os
import random
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../selftests/lib"), os.path.join(HERE, "../bench")]

# pylint: disable=wrong-import-position
from benchlib import Bench
from deaths import Changes, Daemon, Probe
from hotplug import Cases, Guest, expect, within

DISKS = 25
WARM = 10		# deaths before anything is compared
MEMORY_MARGIN_KB = 2048	# what a busy daemon may have more of
KILLS = int(os.environ["KILLS"])
SEED = int(os.environ.get("SEED", "1"))


class Soak:
    """What all parts share."""

    def __init__(self):
        self.guest, self.daemon, self.rng = Guest(), Daemon(), random.Random(SEED)
        self.changes = Changes(self.guest, self.daemon, "10009", SEED)
        self.probe, self.before, self.stalls = None, None, []

    def start(self):
        self.guest.sh("modprobe nvme; modprobe pvpci; "
                      "echo 1 >/sys/module/suspend/parameters/pm_test_delay")
        within(60, lambda: self.guest.ok("[ $(grep -l live /sys/class/nvme/nvme*/state | "
                                         "wc -l) -eq %d ]" % DISKS), "all disks")
        disks = ["/dev/%sn1" % name for name in self.guest.sh(
            "for n in $(seq 0 %d); do grep -l $(printf D%%02d $n) /sys/class/nvme/nvme*/serial | "
            "cut -d/ -f5; done" % (DISKS - 1)).split()]
        self.probe = Probe(self.guest, disks.pop(0))
        self.probe.start()
        jobs = ["[global]", "rw=randrw", "bs=4k", "iodepth=2", "direct=1", "size=4M",
                "ioengine=libaio", "verify=crc32c", "verify_fatal=1", "time_based",
                "runtime=1000000", "fsync=32"]
        for disk in disks:
            jobs += ["[%s]" % disk[5:], "filename=" + disk]
        self.guest.sh("printf '%s\\n' >/tmp/jobs; fio /tmp/jobs >/tmp/fio.log 2>&1 </dev/null & "
                      "echo $! >/tmp/fio.pid; true" % "\\n".join(jobs))

    def kill(self):
        for number in range(KILLS):
            time.sleep(0.1 + self.rng.random() / 2)
            self.daemon.kill()
            if number == WARM:
                self.before = (self.daemon.files(), self.daemon.memory_kb())
            if number % 50 == 49:
                print("# %s %d of %d deaths" % (time.strftime("%H:%M:%S"), number + 1, KILLS),
                      flush=True)
                expect(self.guest.ok("kill -0 $(cat /tmp/fio.pid)"), "fio has ended: " +
                       self.guest.run("tail -n 20 /tmp/fio.log")[1])
        self.stalls = self.probe.end(KILLS)

    def no_leak(self):
        files, memory = self.daemon.files(), self.daemon.memory_kb()
        print("# open files of daemon and keeper %s to %s, memory %s to %s KiB" % (
            self.before[0], files, self.before[1], memory))
        within(10, lambda: all(new <= old for old, new in zip(
            self.before[0], self.daemon.files())), "open files")
        for old, new in zip(self.before[1], memory):
            expect(new - old < MEMORY_MARGIN_KB, "memory grows")

    def no_error(self):
        self.guest.sh("kill -INT $(cat /tmp/fio.pid); while kill -0 $(cat /tmp/fio.pid) "
                      "2>/dev/null; do sleep 0.1; done")
        wrong = self.guest.run("grep -E 'err=[^0]*[1-9]|verify:|error' /tmp/fio.log")[1]
        expect(not wrong, wrong[:1000])
        expect(self.guest.sh("grep -c 'err= 0' /tmp/fio.log").strip() == str(DISKS - 1),
               "not all jobs of fio have ended well")
        self.changes.quiet()

    def change(self):
        self.changes.all_kinds(max(1, KILLS // 50))
        self.changes.quiet()

    def tell(self):
        bench = Bench("soak-restart")
        bench.add("pvpci", "stall-ms", self.stalls, "ms")
        bench.add("pvpci", "restart-ms", self.daemon.restart_ms[:KILLS], "ms")
        bench.extra = {"kills": KILLS, "stalls_ms": [round(value, 1) for value in self.stalls]}
        bench.finish()


def main():
    soak, cases = Soak(), Cases()
    for part in (soak.start, soak.kill, soak.no_leak, soak.no_error, soak.tell, soak.change):
        cases.run(part)
    cases.finish()


main()
