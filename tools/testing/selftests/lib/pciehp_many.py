#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-many.sh."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, expect, within

PORTS = range(1, 29)
DRIVER = "virtio-rng-pci"	# small, and in every kernel's reach
BOOT_SECONDS = 7.0


def bound(guest):
    """How many of the functions have their driver."""
    return int(guest.sh("ls -d /sys/bus/pci/drivers/virtio-pci/0000:* 2>/dev/null | wc -l"))


def all_there(guest, qmp, names, seconds=60):
    """Host and guest agree that all are there and at work, and none was deleted."""
    within(seconds, lambda: bound(guest) == len(names), "%d functions bound" % len(names))
    lost = [name for name in names if qmp.was_deleted(name)]
    expect(not lost, "deleted although nobody asked: " + " ".join(lost))
    missing = set(names) - qmp.devices()
    expect(not missing, "not in QEMU any more: %s" % missing)


def remove_all(guest, qmp, names):
    """All presses before any answer; seconds until the last is gone."""
    begin = time.time()
    for name in names:
        qmp.delete(name)
    for name in names:
        qmp.wait_deleted(name)
    within(60, lambda: bound(guest) == 0, "no function left")
    return time.time() - begin


def while_booting(guest, qmp):
    """A device into each port, evenly over the time that the guest boots and takes
    its ports over: a press may be latched before anybody drives the port."""
    qmp.do("system_reset")
    begin = time.monotonic()
    names, loaded = [], False
    for number, port in enumerate(PORTS):
        due = begin + BOOT_SECONDS * number / len(PORTS)
        time.sleep(max(0, due - time.monotonic()))
        names.append("boot%d" % port)
        qmp.add(DRIVER, names[-1], "p%d" % port)
        if not loaded and number > len(PORTS) / 2:
            loaded = guest.run("modprobe pciehp_pv")[0] == 0
    within(60, lambda: guest.run("modprobe pciehp_pv && modprobe virtio_pci")[0] == 0,
           "the guest is back")
    # pciehp blinks 5 s where a press came alone; ours must not inherit that.
    all_there(guest, qmp, names)
    time.sleep(6)
    all_there(guest, qmp, names)
    print("# removed 28 at once in %.2f s" % remove_all(guest, qmp, names))


def while_changing_hands(guest, qmp):
    """Devices come while the module is loaded and removed over and over."""
    guest.sh("(for i in 1 2 3 4 5 6 7 8; do rmmod pciehp_pv; modprobe pciehp_pv; done; "
             "echo done >/tmp/hands) >/dev/null 2>&1 &")
    names = []
    for port in PORTS:
        names.append("hand%d" % port)
        qmp.add(DRIVER, names[-1], "p%d" % port)
        time.sleep(0.1)
    within(90, lambda: guest.ok("test -e /tmp/hands"), "the end of the changes")
    all_there(guest, qmp, names)
    time.sleep(6)
    all_there(guest, qmp, names)
    remove_all(guest, qmp, names)


def all_at_once(guest, qmp):
    names = ["all%d" % port for port in PORTS]
    begin = time.monotonic()
    for port, name in zip(PORTS, names):
        qmp.add(DRIVER, name, "p%d" % port)
    all_there(guest, qmp, names)
    added = time.monotonic() - begin
    removed = remove_all(guest, qmp, names)
    print("# 28 added in %.2f s, removed in %.2f s" % (added, removed))


def main():
    guest, qmp = Guest(), Qmp()
    cases = Cases()
    cases.run(while_booting, guest, qmp)
    cases.run(while_changing_hands, guest, qmp)
    cases.run(all_at_once, guest, qmp)
    bad = guest.run("grep -L '^0$' /sys/bus/pci/slots/*/pciehp_pv/unexpected_events")[1]
    cases.run(lambda: expect(not bad.strip(), bad), name="no unexpected event")
    cases.finish()


main()
