# SPDX-License-Identifier: GPL-2.0
"""Registers of a port as they are in QEMU's memory, and a case that needs them:
nothing in QEMU makes presence or link flap. Presence Detect Changed is latched by hand;
Data Link Layer State Changed would stay, because QEMU 7.2 lets nobody clear it."""

import os
import struct

from hotplug import expect, within

CAPABILITIES, EXPRESS = 0x34, 0x10	# pointer to the first; the one that is looked for
LINK_STATUS, SLOT_STATUS = 0x12, 0x1a
LINK_ACTIVE = 0x2000
PRESENCE_CHANGED, PRESENT = 0x0008, 0x0040
LARGEST_HEAP = 64 << 20	# what is larger is the guest's memory


class Registers:
    """Config space of one port. Found by its first 64 bytes, which hold its bus
    numbers and are therefore those of no other port."""

    def __init__(self, guest, port):
        head = bytes.fromhex(guest.sh("head -c 64 /sys/bus/pci/devices/%s/config | "
                                      "xxd -p | tr -d '\\n'" % port))
        process = "/proc/" + os.environ["QEMU_PID"]
        self.memory = open(process + "/mem", "r+b", buffering=0)	# pylint: disable=consider-using-with
        found = [place for start, length in self._heaps(process + "/maps")
                 for place in self._places(start, length, head)]
        expect(len(found) == 1, "%d config spaces of %s" % (len(found), port))
        self.config = found[0]
        config = self._read(found[0], 256)
        offset = config[CAPABILITIES]
        while config[offset] != EXPRESS:
            offset = config[offset + 1]
            expect(offset, "%s has no PCI Express capability" % port)
        self.base = found[0] + offset

    @staticmethod
    def _heaps(maps):
        with open(maps, encoding="utf-8") as file:
            for line in file:
                words = line.split()
                start, end = (int(word, 16) for word in words[0].split("-"))
                if words[1] == "rw-p" and end - start <= LARGEST_HEAP:
                    yield start, end - start

    def _read(self, place, length):
        self.memory.seek(place)
        return self.memory.read(length)

    def _places(self, start, length, head):
        try:
            data = self._read(start, length)
        except OSError:
            return
        at = data.find(head)
        while at >= 0:
            yield start + at
            at = data.find(head, at + 1)

    def add_capability(self, ident, offset, data):
        """Put one at the head of the list, where nothing else is."""
        expect(not any(self._read(self.config + offset, len(data) + 2)), "something is there")
        head = self._read(self.config + CAPABILITIES, 1)
        self.memory.seek(self.config + offset)
        self.memory.write(bytes([ident]) + head + data)
        self.memory.seek(self.config + CAPABILITIES)
        self.memory.write(bytes([offset]))

    def get(self, offset):
        return struct.unpack("<H", self._read(self.base + offset, 2))[0]

    def change(self, offset, clear, put):
        value = self.get(offset) & ~clear | put
        self.memory.seek(self.base + offset)
        self.memory.write(struct.pack("<H", value))


def counted(slots, name):
    return [slots.count(name, counter) for counter in ("flaps", "removes", "adds")]


def look(world, on=1):
    """What was latched is taken with any turn of the slot; a wish that is fulfilled by
    then gives it one and does nothing else."""
    world.guest.sh("echo %d >%s/power" % (on, world.slots.path("rp1")))


def link_flap(world):
    """Something changed and the link is up: the device stays. Then presence and link are
    gone for a while: that was a removal, and what comes back is added."""
    guest, slots = world.guest, world.slots
    world.plug("nvme", "flap", "rp1")
    disk = world.block_of("rp1")
    world.settled("rp1", "nvme")
    port = Registers(guest, slots.port("rp1"))
    expect(port.get(LINK_STATUS) & LINK_ACTIVE and port.get(SLOT_STATUS) & PRESENT,
           "these are not the registers of rp1")
    flaps, removes, adds = counted(slots, "rp1")
    for turn in range(1, 4):
        port.change(SLOT_STATUS, 0, PRESENCE_CHANGED)
        look(world)
        expect(counted(slots, "rp1") == [flaps + turn, removes, adds],
               "flaps, removes, adds: %s, before %s" % (counted(slots, "rp1"),
                                                       [flaps, removes, adds]))
        expect(not port.get(SLOT_STATUS) & PRESENCE_CHANGED, "the change is latched still")
        guest.sh("dd if=/dev/%s of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null" % disk)

    port.change(LINK_STATUS, LINK_ACTIVE, 0)
    port.change(SLOT_STATUS, PRESENT, PRESENCE_CHANGED)
    look(world, 0)
    slots.wait_empty("rp1")
    port.change(LINK_STATUS, 0, LINK_ACTIVE)
    port.change(SLOT_STATUS, 0, PRESENT | PRESENCE_CHANGED)
    look(world)
    world.settled("rp1", "nvme")
    expect(counted(slots, "rp1") == [flaps + 3, removes + 1, adds + 1],
           "flaps, removes, adds: %s" % counted(slots, "rp1"))
    world.unplug("flap", "rp1")
