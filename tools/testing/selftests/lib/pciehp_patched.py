#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-patched.sh."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, Slots, expect, within
from hotplug_cases import World
from hotplug_registers import Registers

SPEC_SECONDS = 5
DRIVERS = ("pciehp", "shpchp")
LARGEST = 5000
REAL_PORT = "0000:00:03.0"
POWER_MANAGEMENT, FREE_OFFSET = 1, 0xe0


def parameter(driver):
    return "/sys/module/%s/parameters/slot_delay_ms" % driver


def command_line(world):
    for driver in DRIVERS:
        value = world.guest.read(parameter(driver))
        expect(value == "0", "%s.slot_delay_ms is %s" % (driver, value))


def refused_on_the_command_line(world):
    """A word after one that is taken: a message, and nothing changes (see
    command_line())."""
    for driver in DRIVERS:
        said = [line for line in world.early.splitlines()
                if "invalid for parameter `%s.slot_delay_ms'" % driver in line]
        expect(len(said) == 1, "%s: %s" % (driver, said))


def refused(world):
    """Out of range, not a number: -EINVAL, and nothing changes."""
    for driver in DRIVERS:
        path = parameter(driver)
        for value in (str(LARGEST + 1), "-1", "abc", "''"):
            status, said = world.guest.run("echo %s >%s" % (value, path))
            expect(status and "Invalid argument" in said, "%s took %s" % (path, value))
        expect(world.guest.read(path) == "0", path + " changed")


def removal(world, ident, bus, address, **more):
    """Seconds from device_del to DEVICE_DELETED of a device that was added."""
    guest, qmp = world.guest, world.qmp
    qmp.add("virtio-blk-pci", ident, bus, drive=world.disk(), **more)
    end = time.monotonic() + 20
    while not guest.ok("test -e /sys/bus/pci/devices/%s/driver" % address()):
        expect(time.monotonic() < end, ident + " is not bound")
        time.sleep(0.1)
    # shpchp drops a press that comes between the last blink and the end of the add.
    time.sleep(1.5)
    begin = time.time()
    qmp.press(ident)
    return qmp.wait_deleted(ident) - begin


def at_once(world):
    removal(world, "fast", "rp1", lambda: world.slots.address("rp1"))
    said = world.guest.sh("dmesg")
    expect("Button press: powering off" in said and "will power off" not in said, said[-800:])


def at_run_time(world):
    """A delay is waited for from the next press on."""
    guest = world.guest
    guest.sh("echo 1500 >" + parameter("pciehp"))
    try:
        took = removal(world, "later", "rp1", lambda: world.slots.address("rp1"))
        expect(took >= 1.5, "removed after %.2f s" % took)
        # 6.1 does not say how long it will be.
        said = guest.sh("dmesg")
        expect("will power off in 1500 ms" in said or
               "Powering off due to button press" in said, "no message")
    finally:
        guest.sh("echo 0 >" + parameter("pciehp"))


def hardware_keeps_the_spec(world):
    """QEMU's ioh3420 is emulated; one that has power management when it is found is not."""
    guest = world.guest
    took = removal(world, "twin", "rp2", lambda: world.slots.address("rp2"))
    expect(took < SPEC_SECONDS, "QEMU's ioh3420: removed after %.2f s" % took)
    Registers(guest, REAL_PORT).add_capability(POWER_MANAGEMENT, FREE_OFFSET, b"\x03\x00")
    guest.sh("echo 1 >/sys/bus/pci/devices/%s/remove; echo 1 >/sys/bus/pci/rescan" % REAL_PORT)
    took = removal(world, "real", "rp2", lambda: world.slots.address("rp2"))
    expect(took >= SPEC_SECONDS, "removed after %.2f s" % took)


def shpc(world):
    """A slot of Kata's bridge."""
    guest = world.guest
    bus = int(guest.read("/sys/bus/pci/devices/0000:00:04.0/secondary_bus_number"))
    took = removal(world, "kata", "br1", lambda: "0000:%02x:01.0" % bus, addr="1")
    expect(took < SPEC_SECONDS, "removed after %.2f s" % took)


def no_bus_number(world):
    """A bridge for which there is no bus number: refused, not dereferenced."""
    guest, qmp = world.guest, world.qmp
    qmp.add("pcie-pci-bridge", "bridge", "rp1")
    within(60, lambda: guest.ok("dmesg | grep -q 'bridge without secondary bus'"), "the refusal")
    qmp.press("bridge")
    qmp.wait_deleted("bridge")


def main():
    guest = Guest()
    world = World(guest, Qmp(), Slots(guest, {"rp1": 1, "rp2": 2}))
    world.early = guest.sh("dmesg")
    guest.sh("modprobe virtio_blk; modprobe virtio_pci; true")
    cases = Cases()
    for function in (command_line, refused_on_the_command_line, refused, at_once, at_run_time,
                     shpc, no_bus_number, hardware_keeps_the_spec):
        cases.run(function, world)
    cases.finish()


main()
