#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-vfio.sh."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, Slots, expect, module, within
from hotplug_cases import World


def bind(world, driver):
    """Give what is in rp1 to a driver."""
    device = world.slots.address("rp1")
    world.guest.sh("cd /sys/bus/pci/devices/%s; echo %s >driver_override; "
                   "echo %s >driver/unbind; echo %s >/sys/bus/pci/drivers_probe" %
                   (device, driver, device, device))
    world.slots.wait_driver("rp1", driver)


def reset_by_its_user(world):
    """VFIO resets the slot: no removal, and the device works afterwards."""
    guest, slots = world.guest, world.slots
    with module(guest):
        world.plug("nvme", "passed", "rp1")
        world.settled("rp1", "nvme")
        before = [slots.count("rp1", name) for name in ("resets", "removes", "flaps")]
        bind(world, "vfio-pci")
        group = os.path.basename(guest.sh("readlink /sys/bus/pci/devices/%s/iommu_group" %
                                          slots.address("rp1")).strip())
        said = guest.sh("/vmtest/vfio-reset %s %s" % (group, slots.address("rp1")))
        expect("reset" in said, said)
        resets, removes, flaps = (slots.count("rp1", name)
                                  for name in ("resets", "removes", "flaps"))
        expect(resets > before[0], "the slot was not reset")
        expect([removes, flaps] == before[1:], "the reset looked like %d removals, %d flaps" % (
            removes - before[1], flaps - before[2]))
        expect(slots.get("rp1", "state") == "on", "rp1 is " + slots.get("rp1", "state"))
        bind(world, "nvme")
        guest.sh("dd if=/dev/%s of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null" %
                 world.block_of("rp1"))
        world.unplug("passed", "rp1")


def removed_while_in_use(world):
    """vfio-pci holds the removal up until its user has let go; then it happens."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    with module(guest):
        world.plug("nvme", "held", "rp1")
        world.settled("rp1", "nvme")
        bind(world, "vfio-pci")
        group = os.path.basename(guest.sh("readlink /sys/bus/pci/devices/%s/iommu_group" %
                                          slots.address("rp1")).strip())
        guest.sh("(/vmtest/vfio-reset %s %s hold >/tmp/holder 2>&1; true) &" % (group, slots.address("rp1")))
        within(60, lambda: guest.ok("grep -q held /tmp/holder"), "it is in use")
        qmp.delete("held")
        within(60, lambda: slots.get("rp1", "state") == "remove", "the removal has begun")
        expect(not qmp.was_deleted("held"), "deleted in its user's hands")
        guest.sh("killall vfio-reset")
        qmp.wait_deleted("held")
        slots.wait_empty("rp1")
        within(60, lambda: slots.get("rp1", "state") == "off", "rp1 off")


def main():
    guest = Guest()
    world = World(guest, Qmp(), Slots(guest, {"rp1": 1}))
    guest.sh("modprobe nvme; modprobe vfio_iommu_type1 allow_unsafe_interrupts=1 && "
             "modprobe vfio-pci")
    cases = Cases()
    for function in (reset_by_its_user, removed_while_in_use):
        cases.run(function, world)
    cases.finish()


main()
