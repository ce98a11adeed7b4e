#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of topologies.sh: what one of these virtual machines can do, with the drivers
that its kernel has, with ours in their place, and with a pvpci bus beside them."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, expect, module
from topologies import Bus, World

NAME = os.environ["TOPOLOGY"]
# Slots that are free, and buses in domain 0.
FREE = {"kata": 31, "libvirt": 8}
BUSES = {"kata": 2, "libvirt": 15}
# Twice what the larger of them has; a bus has up to 256.
BESIDE = 64


def shape(world):
    """As many slots and buses as the text of its thread says."""
    slots, free = world.slots()
    buses, highest = world.buses()
    print("# %d slots, %d free; %d buses, numbers to %d" % (slots, free, buses, highest))
    expect(free == FREE[NAME], "%d of %d slots are free" % (free, slots))
    expect(buses == BUSES[NAME], "%d buses" % buses)


def by_its_own_drivers(world):
    """A disk is added and removed: seconds for each removal."""
    took = world.add(0), world.remove(0)
    print("# added in %.3f s, removed in %.3f s" % took)


def by_ours(world):
    """The same slots with pciehp_pv: all of them can be filled and emptied."""
    with module(world.guest):
        took = world.add(0), world.remove(0)
        print("# added in %.3f s, removed in %.3f s" % took)
        filled = world.fill()
        print("# %d of %d filled" % (filled, len(world.places)))
        expect(filled == FREE[NAME], "%d of %d could be filled" % (filled, FREE[NAME]))


def groups(world):
    """Behind one bridge all are one group; behind ports each is its own."""
    with module(world.guest):
        world.add(0)
        world.add(1)
        addresses = [world.places[number].address(world.guest) for number in (0, 1)]
        mine = world.group(addresses[0])
        print("# groups of two disks: %s, %s" % (mine, world.group(addresses[1])))
        expect(addresses[0] in mine, "it has no group")
        expect((addresses[1] in mine) == (NAME == "kata"), "they are %s" % mine)
        world.remove(0)
        world.remove(1)


def bus_beside(world):
    """A pvpci bus: no bus number, no slot of the others, more disks than they have."""
    before, bus = world.buses(), Bus(world)
    took = bus.add([0]), bus.remove(0)
    print("# added in %.3f s, ejected in %.3f s" % took)
    bus.add(range(BESIDE))
    there = bus.devices()
    expect(len(there) == BESIDE, "%d functions" % len(there))
    expect(world.buses() == before, "buses are %s, were %s" % (world.buses(), before))
    expect(not world.group(there[0]), "%s is in a group" % there[0])
    for number in range(BESIDE):
        bus.remove(number)
    expect(not world.guest.ok("ls /sys/bus/pci/devices | grep -qv ^0000:"), "some have stayed")
    world.add(0)
    world.remove(0)


def main():
    world, cases = World(NAME), Cases()
    for function in (shape, by_its_own_drivers, by_ours, groups, bus_beside):
        cases.run(function, world, name=NAME + ": " + function.__name__.replace("_", " "))
    cases.finish()


main()
