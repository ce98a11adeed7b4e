# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-shpc.sh: what a slot of a port can do, a slot of a controller
can do as well."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import hotplug_cases as case
from hotplug import Cases, Guest, Qmp, Slots, expect, module, within

# The names of two slots in the cases of hotplug_cases.py: devices of this bridge.
PLACES = {"rp1": ("br1", 1), "rp2": ("br1", 2), "other": ("br2", 1)}
COLD = 9	# the slot of what was there from the start; rp3 in the cases
SLOTS_OF_A_BRIDGE = 31
DISK = "virtio-blk-pci"


class Bridge(case.World):
    """A guest whose slots are on a bridge."""

    def plug(self, driver, ident, bus):
        more = {"drive": self.disk()} if driver in case.BLOCK else {}
        if driver == "nvme":
            more["serial"] = ident
        name, device = PLACES[bus]
        self.qmp.add(driver, ident, name, addr="%x" % device, **more)


def taken_over(world):
    """Every slot of both bridges, and nothing that is in them notices."""
    guest = world.guest
    ours = int(guest.sh("ls -d /sys/bus/pci/slots/*/pciehp_pv | wc -l"))
    expect(ours == 2 * SLOTS_OF_A_BRIDGE + 1, "%d slots are ours" % ours)
    cold = "/sys/bus/pci/slots/%d/" % COLD
    expect(guest.read(cold + "pciehp_pv/state") == "on", "what was there is not on")
    expect(guest.read(cold + "power") == "1", "what was there has no power")
    expect(guest.ok("test -e /sys/bus/pci/devices/%s.0" % guest.read(cold + "address")),
           "what was there is gone")


def neighbours(world):
    """Slots of one bridge, all at once; each removal leaves the others alone."""
    slots, qmp, guest = world.slots, world.qmp, world.guest
    names = {"near%d" % device: device for device in range(1, 6)}
    for name, device in names.items():
        qmp.add(DISK, name, "br1", addr="%x" % device, drive=world.disk())
    for device in names.values():
        within(60, lambda device=device: guest.read(
            "/sys/bus/pci/slots/%d/pciehp_pv/state" % device) == "on", "%d on" % device)
    for name in list(names)[1:]:
        qmp.delete(name)
    for name in list(names)[1:]:
        qmp.wait_deleted(name)
    expect(slots.driver("rp1") == "virtio-pci" and not qmp.was_deleted("near1"),
           "the neighbour is gone")
    guest.sh("dd if=/dev/%s of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null" %
             world.block_of("rp1"))
    world.unplug("near1", "rp1")


def delay_is_kept(world):
    """The time in which a press can be cancelled; power and indicator go together."""
    slots = world.slots
    slots.set("rp1", "slot_delay_ms", 700)
    try:
        expect(not world.guest.ok("echo 600 >%s/pciehp_pv/power_off_delay_ms" %
                                  slots.path("rp1")), "a delay that there is not was set")
        expect(slots.get("rp1", "power_off_delay_ms") == "0", "it changed")
        world.plug(DISK, "slow", "rp1")
        world.settled("rp1", "virtio-pci")
        took = world.unplug("slow", "rp1")
        expect(took >= 0.7, "deleted after %.3f s" % took)
    finally:
        slots.set("rp1", "slot_delay_ms", "default")


def other_bridge(world):
    """A slot of the pcie-pci-bridge, which is called as shpchp calls it."""
    world.plug(DISK, "behind", "other")
    world.settled("other", "virtio-pci")
    world.unplug("behind", "other")


def bridge_comes_and_goes(world):
    """A bridge that is plugged: shpchp binds it, and its slots are taken over then."""
    guest, qmp = world.guest, world.qmp
    slots = "ls -d /sys/bus/pci/slots/*/pciehp_pv | wc -l"
    before = int(guest.sh(slots))
    qmp.delete("br2")
    qmp.wait_deleted("br2")
    within(60, lambda: int(guest.sh(slots)) == before - SLOTS_OF_A_BRIDGE, "its slots go")
    qmp.add("pcie-pci-bridge", "br2", "rp")
    within(60, lambda: int(guest.sh(slots)) == before, "its slots come")
    other_bridge(world)


def hand_back(world):
    """shpchp has every slot again, with what is in it, and works."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    world.plug(DISK, "stays", "rp1")
    world.settled("rp1", "virtio-pci")
    guest.sh("rmmod pciehp_pv")
    try:
        expect(guest.ok("test -d " + slots.path("rp1")), "no slot any more")
        expect(not guest.ok("test -e %s/pciehp_pv" % slots.path("rp1")), "it is ours still")
        expect(guest.ok("grep -q shpchp /proc/interrupts"), "shpchp has no interrupt")
        expect(slots.driver("rp1") == "virtio-pci", "the device did not stay")
        qmp.delete("stays")
        qmp.wait_deleted("stays", 30)
        world.plug(DISK, "theirs", "rp1")
        slots.wait_driver("rp1", "virtio-pci", 30)
    finally:
        guest.sh("modprobe pciehp_pv")
    world.failed_adds = {name: 0 for name in slots.slots}
    world.settled("rp1", "virtio-pci")
    world.unplug("theirs", "rp1")


CASES = [
    taken_over, case.adds_and_removes, neighbours, other_bridge, bridge_comes_and_goes,
    case.remove_during_add, case.add_during_remove, delay_is_kept,
    case.power_attribute, case.tracepoints, case.suspend_and_resume, hand_back,
    case.no_complaint,
]

# lockdep finds fault with others: with the core when it sleeps with an NVMe, and with
# shpchp.
NOT_ON_DEBUG = (case.suspend_and_resume, hand_back)


def main():
    guest = Guest()
    # The bridges count their slots from 1; a name that is taken gets a number.
    world = Bridge(guest, Qmp(), Slots(guest, {"rp1": 1, "rp2": 2, "rp3": COLD,
                                                 "other": "1-1"}))
    guest.sh("modprobe nvme; modprobe virtio_blk; modprobe virtio_pci; true")
    cases = Cases(world.witness)
    only = os.environ.get("ONLY_CASE")
    with module(guest):
        for function in CASES:
            if only and function.__name__ not in only.split(","):
                continue
            if case.DEBUG and function in NOT_ON_DEBUG:
                continue
            cases.run(function, world)
    cases.finish()


main()
