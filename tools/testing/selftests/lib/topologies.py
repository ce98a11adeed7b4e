#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The virtual machines of tools/testing/topologies, and what can be added to them.

topologies.py NAME prints the options of one as a string for vmtest's --qemu."""

import contextlib
import os
import shlex
import sys
import time

from hotplug import Failed, Guest, Qmp, control, expect, nvme_function, within

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "../../topologies")
DISK = "virtio-blk-pci"
# Native hotplug, which is what the complaints were about: Debian's QEMU has ACPI's.
NATIVE = ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
FUNCTIONS = 256	# of a pvpci bus
BUS = {"id": 1, "vectors": FUNCTIONS, "spare64": "64M", "functions": []}


class Place:
    """Where a device can be added: QEMU's bus, the bridge above it, the device number."""

    def __init__(self, bus, bridge, device):
        self.bus, self.bridge, self.device = bus, bridge, device

    def address(self, guest):
        """What the device will be called in the guest."""
        return "0000:%02x:%02x.0" % (int(guest.read(
            "/sys/bus/pci/devices/0000:%s/secondary_bus_number" % self.bridge)), self.device)


PLACES = {
    # A controller's device 0 is no slot.
    "kata": [Place("pci-bridge-0", "00:02.0", device) for device in range(1, 32)],
    "libvirt": [Place("pci.%d" % (n + 1), "00:%02x.%d" % (2 + n // 8, n % 8), 0)
                for n in range(6, 14)],
}


def options(name):
    """QEMU's options of a topology, as a list."""
    with open(os.path.join(FILES, name + ".args"), encoding="utf-8") as file:
        return [word for line in file if line.startswith("-")
                for word in line.strip().split(" ", 1)]


class World:
    """A guest with one of the topologies."""

    def __init__(self, name):
        self.places = PLACES[name]
        self.guest, self.qmp = Guest(), Qmp()
        self.guest.sh("for module in virtio_pci virtio_blk nvme; do modprobe $module; done; "
                      "dmesg -n 1")
        self.watch = self.guest.watch()
        expect(self.watch.started.is_set(), "the guest does not tell of devices")
        for number in range(len(self.places)):
            self.qmp.do("blockdev-add", driver="null-co", node_name="added%d" % number,
                        size=1 << 26, read_zeroes=True)

    def begin(self, number):
        """device_add to a place; when."""
        place = self.places[number]
        more = {"addr": "%x" % place.device} if place.device else {}
        begun = time.time()
        self.qmp.add(DISK, "added%d" % number, place.bus, drive="added%d" % number, **more)
        return begun

    def bound(self, number, seconds=60):
        """When the driver was."""
        return self.watch.wait("bind", "/" + self.places[number].address(self.guest), seconds)

    def add(self, number):
        """Seconds from device_add until the driver is bound."""
        begun = self.begin(number)
        return self.bound(number) - begun

    def remove(self, number, seconds=60):
        """Seconds from device_del until QEMU has let go of it."""
        begin = time.time()
        self.qmp.press("added%d" % number, seconds)
        return self.qmp.wait_deleted("added%d" % number, seconds) - begin

    def fill(self):
        """Add to every place, remove all again; how many worked."""
        added = []
        for number in range(len(self.places)):
            self.begin(number)
        for number in range(len(self.places)):
            with contextlib.suppress(Failed):
                self.bound(number, 20)
                added.append(number)
        for number in range(len(self.places)):
            self.qmp.press("added%d" % number)
        for number in range(len(self.places)):
            self.qmp.wait_deleted("added%d" % number)
        return len(added)

    def buses(self):
        """(buses that there are, the highest number given out) in domain 0."""
        ends = self.guest.sh("cat /sys/bus/pci/devices/0000:*/subordinate_bus_number").split()
        return (int(self.guest.sh("ls -d /sys/class/pci_bus/0000:* | wc -l")),
                max(int(end) for end in ends))

    def slots(self):
        """(hotplug slots, those with nothing in them), as sysfs has them."""
        return [int(count) for count in self.guest.sh(
            "cd /sys/bus/pci/slots; ls | wc -l; for slot in *; do "
            "[ -e /sys/bus/pci/devices/$(cat $slot/address).0 ] || echo free; done | wc -l").split()]

    def group(self, address):
        """Devices of the IOMMU group of a function; empty when it has none."""
        return self.guest.run("cd /sys/bus/pci/devices/%s/iommu_group/devices 2>/dev/null && ls" %
                              address)[1].split()


class Bus:
    """The pvpci bus beside it, seen from its control socket and the guest."""

    def __init__(self, world):
        self.world = world
        world.guest.sh("modprobe pvpci")

    @staticmethod
    def slot(number):
        return "%02x.%d" % (number % 32, number // 32)

    def add(self, numbers):
        """Seconds until the last of them is bound."""
        functions = [nvme_function(self.slot(number)) for number in numbers]
        begin = time.time()
        control(command="add", functions=functions, wait_ms=0)
        return max(self.world.watch.wait("bind", ":00:" + self.slot(number), 120)
                   for number in numbers) - begin

    def remove(self, number):
        """Seconds until the guest has let go of it."""
        begin = time.time()
        control(command="eject", slot=self.slot(number), timeout_ms=60000)
        return time.time() - begin

    def devices(self):
        """Addresses of the functions in the guest."""
        return within(10, lambda: [name for name in self.world.guest.sh(
            "ls /sys/bus/pci/devices").split() if not name.startswith("0000:")],
                      "functions of the bus")


if __name__ == "__main__":
    print(shlex.join(options(sys.argv[1]) + NATIVE))
