#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of bench-hotplug: rounds of adding to and removing from every port
of one guest; samples.json in $OUT, in milliseconds."""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../selftests/lib"))
# pylint: disable=wrong-import-position
from hotplug import Guest, Qmp, expect

WAIT_SECONDS = 40


def main():
    ports = int(os.environ["BENCH_PORTS"])
    samples = int(os.environ["BENCH_SAMPLES"])
    device = int(os.environ["BENCH_DEVICE"])
    guest, qmp = Guest(), Qmp()
    driver = os.environ["BENCH_DRIVER"]
    guest.sh("modprobe virtio_pci; modprobe virtio_blk; modprobe nvme; dmesg -n 1")
    if os.environ["BENCH_MODULE"]:
        guest.sh("modprobe " + os.environ["BENCH_MODULE"])
    places = []
    for port in range(ports):
        bus = int(guest.read("/sys/bus/pci/devices/0000:00:%02x.0/secondary_bus_number" %
                             (port + 2)))
        places.append("/0000:%02x:%02x.0" % (bus, device))
        qmp.do("blockdev-add", driver="null-co", node_name="disk%d" % port, size=1 << 26,
               read_zeroes=True)
    watch = guest.watch()
    expect(watch.started.is_set(), "the guest does not tell of devices")

    result = {"add": [], "remove": [], "kernel": guest.read("/proc/version").split(" (")[0]}
    more = {"addr": "%x" % device} if device else {}
    rounds = -(-samples // ports)
    # The first round is not counted: modules load and pages are touched.
    for turn in range(rounds + 1):
        watch.clear()
        begun = []
        for port in range(ports):
            begun.append(time.time())
            qmp.add(driver, "d%d" % port, "p%d" % port, drive="disk%d" % port,
                    serial="d%d" % port, **more)
            if ports > 1:
                time.sleep(0.05)
        added = [(watch.wait("bind", place, WAIT_SECONDS) - begin) * 1e3
                 for begin, place in zip(begun, places)]
        # QEMU refuses a removal as long as the indicator blinks.
        time.sleep(0.3)
        begun = []
        for port in range(ports):
            begun.append(time.time())
            qmp.delete("d%d" % port)
            if ports > 1:
                time.sleep(0.05)
        removed = [(qmp.wait_deleted("d%d" % port, WAIT_SECONDS) - begin) * 1e3
                   for port, begin in enumerate(begun)]
        time.sleep(0.3)
        if turn:
            result["add"] += added
            result["remove"] += removed
    with open(os.path.join(os.environ["OUT"], "samples.json"), "w", encoding="ascii") as file:
        json.dump(result, file)


main()
