#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-patched.sh."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, Slots, expect
from hotplug_cases import World

SPEC_SECONDS = 6
RANGES = {"pciehp": {"slot_delay_ms": 5000, "power_off_delay_ms": 1000, "link_delay_ms": 100},
          "shpchp": {"slot_delay_ms": 5000, "power_off_delay_ms": 1000}}


def parameter(driver, name):
    return "/sys/module/%s/parameters/%s" % (driver, name)


def command_line(world):
    for driver, ranges in RANGES.items():
        for name in ranges:
            value = world.guest.read(parameter(driver, name))
            expect(value == "0", "%s.%s is %s" % (driver, name, value))


def refused_on_the_command_line(world):
    """Words after those that are taken: a message for each, and nothing changes (see
    command_line())."""
    for driver, name, largest in (("pciehp", "slot_delay_ms", 5000),
                                  ("shpchp", "power_off_delay_ms", 1000)):
        said = [line for line in world.early.splitlines()
                if "%s must be 0 to %d milliseconds" % (name, largest) in line]
        expect(len(said) == 1, "%s.%s: %s" % (driver, name, said))


def refused(world):
    """Out of range, not a number: -EINVAL, a message, and nothing changes."""
    for driver, ranges in RANGES.items():
        for name, largest in ranges.items():
            path = parameter(driver, name)
            for value in (str(largest + 1), "-1", "abc", "''"):
                status, said = world.guest.run("dmesg -c >/dev/null; echo %s >%s" % (value, path))
                expect(status and "Invalid argument" in said, "%s took %s" % (path, value))
            expect(world.guest.read(path) == "0", path + " changed")
            expect("%s must be 0 to %d milliseconds" % (name, largest) in world.guest.sh("dmesg"),
                   "no message for " + name)


def removal(world, ident, bus, address, **more):
    """Seconds from device_del to DEVICE_DELETED of a device that was added."""
    guest, qmp = world.guest, world.qmp
    qmp.add("virtio-blk-pci", ident, bus, drive=world.disk(), **more)
    end = time.monotonic() + 20
    while not guest.ok("test -e /sys/bus/pci/devices/%s/driver" % address()):
        expect(time.monotonic() < end, ident + " is not bound")
        time.sleep(0.1)
    # Both drivers ignore a press while the add is not over.
    time.sleep(1.5)
    begin = time.time()
    qmp.delete(ident)
    return qmp.wait_deleted(ident) - begin


def at_once(world):
    removal(world, "fast", "rp1", lambda: world.slots.address("rp1"))
    said = world.guest.sh("dmesg")
    expect("Button press: powering off" in said and "will power off" not in said, said[-800:])


def at_run_time(world):
    """A delay is waited for from the next press on."""
    guest = world.guest
    guest.sh("echo 1500 >" + parameter("pciehp", "slot_delay_ms"))
    try:
        took = removal(world, "later", "rp1", lambda: world.slots.address("rp1"))
        expect(took >= 1.5, "removed after %.2f s" % took)
        # 6.1 does not say how long it will be.
        said = guest.sh("dmesg")
        expect("will power off in 1500 ms" in said or
               "Powering off due to button press" in said, "no message")
    finally:
        guest.sh("echo 0 >" + parameter("pciehp", "slot_delay_ms"))


def hardware_keeps_the_spec(world):
    """One line says so, and it is true."""
    lines = world.early.count("0000:00:03.0: pciehp: slot is not virtual, keeping slot_delay_ms=5000")
    expect(lines == 1, "%d lines say that the spec's value is kept" % lines)
    expect("0000:00:02.0: pciehp: slot is not virtual" not in world.early, "the virtual one as well")
    took = removal(world, "real", "rp2", lambda: world.slots.address("rp2"))
    expect(took >= SPEC_SECONDS, "removed after %.2f s" % took)


def shpc(world):
    """A slot of Kata's bridge."""
    guest = world.guest
    bus = int(guest.read("/sys/bus/pci/devices/0000:00:04.0/secondary_bus_number"))
    took = removal(world, "kata", "br1", lambda: "0000:%02x:01.0" % bus, addr="1")
    expect(took < 5, "removed after %.2f s: the interval of the button is 5" % took)


def kunit(world):
    expect("ok 1 pci_hotplug_delay" in world.early or
           world.early.count("pci_hotplug_delay") and "not ok" not in world.early,
           "the suite pci_hotplug_delay did not pass")


def main():
    guest = Guest()
    world = World(guest, Qmp(), Slots(guest, {"rp1": 1, "rp2": 2}))
    world.early = guest.sh("dmesg")
    guest.sh("modprobe virtio_blk; modprobe virtio_pci; true")
    cases = Cases()
    for function in (kunit, command_line, refused_on_the_command_line, refused, at_once,
                     at_run_time, shpc, hardware_keeps_the_spec):
        cases.run(function, world)
    cases.finish()


main()
