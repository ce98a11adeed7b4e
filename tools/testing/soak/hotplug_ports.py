#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of soak/hotplug: a thread for each port, which adds a device, waits
for its driver, and removes it again, now and then without waiting."""

import contextlib
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../selftests/lib"))

# pylint: disable=wrong-import-position
from hotplug import Cases, Failed, Guest, Qmp, Slots, expect, within

PORTS = range(1, 9)
KINDS = ("virtio-rng-pci", "virtio-blk-pci", "virtio-net-pci", "nvme", "e1000e")
WARM_CYCLES = 200
# All ports take turns in the guest; on a busy machine a debug kernel takes seconds for one.
PATIENCE_SECONDS = 240 if os.environ["KERNEL"].startswith("kunit-") else 40
# What a busy kernel may have more of after a while without that being a leak.
SLAB_MARGIN_KB = 4096


class Port:
    """One port; its own random numbers, so that a seed repeats the run."""

    def __init__(self, soak, number):
        self.soak, self.number, self.turn = soak, number, 0
        self.random = random.Random(soak.seed * 100 + number)
        self.bus = "p%d" % number
        soak.qmp.do("blockdev-add", driver="null-co", node_name="disk%d" % number,
                    size=1 << 26, read_zeroes=True)

    def cycle(self):
        qmp, ident = self.soak.qmp, "d%d-%d" % (self.number, self.turn)
        kind = self.random.choice(self.soak.kinds)
        more = {"drive": "disk%d" % self.number} if kind in ("virtio-blk-pci", "nvme") else {}
        if kind == "nvme":
            more["serial"] = ident
        qmp.add(kind, ident, self.bus, **more)
        how = self.random.randrange(4)
        if how:
            within(PATIENCE_SECONDS, lambda: self.soak.slots.driver(self.bus),
                   "%s %s bound" % (ident, kind))
        else:
            time.sleep(self.random.random() * 0.2)
        qmp.delete(ident)
        # An aborted add leaves the power on, and then a press that comes within the
        # announcement of the next device is lost in it. QEMU takes another one after 5 s.
        if not self.deleted(ident, PATIENCE_SECONDS):
            self.soak.repeated += 1
            with contextlib.suppress(Failed):	# gone by now
                qmp.delete(ident)
            qmp.wait_deleted(ident, PATIENCE_SECONDS)

    def deleted(self, ident, seconds):
        try:
            self.soak.qmp.wait_deleted(ident, seconds)
            return True
        except Failed:
            return False

    def work(self):
        while self.soak.take():
            self.turn += 1
            try:
                self.cycle()
            except Failed as failed:
                self.soak.fail("%s turn %d: %s" % (self.bus, self.turn, failed))
                return


class Soak:
    """Cycles shared by all ports."""

    def __init__(self, cycles):
        self.guest, self.qmp = Guest(), Qmp()
        self.slots = Slots(self.guest, {"p%d" % port: port for port in PORTS})
        self.lock, self.left, self.done, self.failures = threading.Lock(), 0, 0, []
        self.seed = int(os.environ.get("SEED") or time.time())
        self.cycles, self.repeated = cycles, 0
        self.guest.sh("modprobe pciehp_pv; for name in virtio_pci virtio_blk virtio_net nvme "
                      "e1000e; do modprobe $name; done 2>/dev/null; true")
        drivers = self.guest.sh("ls /sys/bus/pci/drivers")
        self.kinds = [kind for kind in KINDS if kind.split("-")[0] in drivers]
        self.ports = [Port(self, port) for port in PORTS]

    def take(self):
        with self.lock:
            if not self.left or self.failures:
                return False
            self.left -= 1
            self.done += 1
            if self.done % 100 == 0:
                print("# %s %d of %d" % (time.strftime("%H:%M:%S"), self.done, self.cycles),
                      flush=True)
            return True

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def run(self, cycles):
        self.left = cycles
        threads = [threading.Thread(target=port.work, daemon=True) for port in self.ports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect(not self.failures, "; ".join(self.failures))

    def slab_kb(self):
        """Memory of the kernel that cannot be reclaimed, when it is quiet."""
        self.guest.sh("sync; echo 3 >/proc/sys/vm/drop_caches; sleep 2; "
                      "echo 3 >/proc/sys/vm/drop_caches")
        return int(self.guest.sh("awk '/^SUnreclaim/ {print $2}' /proc/meminfo"))


def cycles_of_all_ports(soak):
    """The first ones warm caches up; the memory of what follows is compared."""
    print("# seed %d, %s" % (soak.seed, " ".join(soak.kinds)))
    warm = min(WARM_CYCLES, soak.cycles // 2)
    soak.run(warm)
    before = soak.slab_kb()
    soak.run(soak.cycles - warm)
    after = soak.slab_kb()
    print("# unreclaimable slab: %d KiB after %d cycles, %d KiB after %d" % (
        before, warm, after, soak.cycles))
    expect(after - before < SLAB_MARGIN_KB, "slab grew by %d KiB" % (after - before))


def both_sides_agree(soak):
    within(20, lambda: not any(soak.slots.occupied(name) for name in soak.slots.slots),
           "the guest has no device left")
    left = {name for name in soak.qmp.devices() if name.startswith("d")}
    expect(not left, "QEMU still has %s" % left)
    # One that was taken back before anybody looked is no add at all.
    adds, aborted, removes = (sum(soak.slots.count(name, counter) for name in soak.slots.slots)
                              for counter in ("adds", "adds_aborted", "removes"))
    print("# %d adds, %d aborted, %d presses repeated" % (adds, aborted, soak.repeated))
    expect(soak.cycles / 2 <= adds and adds + aborted <= soak.cycles,
           "%d adds and %d aborted ones in %d cycles" % (adds, aborted, soak.cycles))
    expect(removes == adds, "%d adds, %d removes" % (adds, removes))
    for counter in ("unexpected_events", "adds_failed", "surprise_removes"):
        for name in soak.slots.slots:
            expect(soak.slots.count(name, counter) == 0, "%s of %s" % (counter, name))
    saved = sum(soak.slots.count(name, "saved_ms") for name in soak.slots.slots)
    print("# time saved against the specification: %d s" % (saved // 1000))


def unloads(soak):
    soak.guest.sh("rmmod pciehp_pv")
    for name in soak.slots.slots:
        expect(soak.guest.ok("test -d " + soak.slots.path(name)), name + " has no slot")


def main():
    soak = Soak(int(os.environ["CYCLES"]))
    cases = Cases()
    for function in (cycles_of_all_ports, both_sides_agree, unloads):
        cases.run(function, soak)
    cases.finish()


main()
