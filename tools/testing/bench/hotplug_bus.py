#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of bench-hotplug for a pvpci bus that starts empty: rounds of adding
functions, all in one call, and of ejecting them; samples.json in $OUT, in
milliseconds. One sample is from the request until the last function is bound, or
until the guest has let go of the last one.

NVMe functions for 1, 16 and 256; and one testdev, whose driver has next to nothing
to do, so that what is left is the cost of the bus."""
import concurrent.futures
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../selftests/lib"))
# pylint: disable=wrong-import-position
from hotplug import Guest, control, expect, nvme_function

WAIT_SECONDS = 120
CLIENTS = 8	# what pvpcid's control socket takes at a time


def slots(count):
    """Slots 01.0 to 1f.0, then functions of the same devices; device 0 comes last."""
    return ["%02x.%d" % ((n + 1) % 32, n // 32) for n in range(count)]


def testdev(slot):
    return {"slot": slot, "model": "testdev", "hotplug": True, "msix": 1,
            "bars": [{"bar": 0, "bytes": "64K", "bits": 64}]}


def add(watch, model, names):
    """Milliseconds until all are bound."""
    functions = [model(slot) for slot in names]
    watch.clear()
    begin = time.time()
    control(command="add", functions=functions, wait_ms=0)
    return (max(watch.wait("bind", ":00:" + slot, WAIT_SECONDS) for slot in names) - begin) * 1e3


def eject(names):
    """Milliseconds until the guest has let go of all."""
    begin = time.time()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda slot: control(command="eject", slot=slot,
                                           timeout_ms=WAIT_SECONDS * 1000), names))
    return (time.time() - begin) * 1e3


def rounds(watch, model, count, turns):
    """(times of adding, times of removing)"""
    added, removed = [], []
    # The first round is not counted: modules load and pages are touched.
    for turn in range(turns + 1):
        took = add(watch, model, slots(count))
        # Until the namespaces are there too, which QEMU's virtio-blk has at once.
        time.sleep(0.3 + count / 50)
        gone = eject(slots(count))
        time.sleep(0.3)
        if turn:
            added.append(took)
            removed.append(gone)
    return added, removed


def main():
    samples = int(os.environ["BENCH_SAMPLES"])
    guest = Guest()
    guest.sh("modprobe nvme; modprobe pvpci_testdev; modprobe pvpci; dmesg -n 1")
    watch = guest.watch()
    expect(watch.started.is_set(), "the guest does not tell of devices")
    result = {"kernel": guest.read("/proc/version").split(" (")[0]}
    for label, model, count, turns in (
            ("", nvme_function, 1, samples), ("-testdev", testdev, 1, samples),
            # Fewer of the large ones: a sample of 256 is 256 functions already.
            ("-16", nvme_function, 16, max(3, samples // 6)), ("-256", nvme_function, 256, 3)):
        result["add" + label], result["remove" + label] = rounds(watch, model, count, turns)
    with open(os.path.join(os.environ["OUT"], "samples.json"), "w", encoding="ascii") as file:
        json.dump(result, file)


main()
