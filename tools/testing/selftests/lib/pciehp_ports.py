# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-ports.sh."""

import contextlib
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, Slots, expect, module, within
from hotplug_cases import DEBUG, World

SLOTS = {"rp1": 1, "rp2": 2, "wide": 3, "tree": 5, "dp0": 10}
UNNUMBERED = {"none1": "0000:00:06.0", "none2": "0000:00:07.0"}
# With threaded interrupts pciehp's delays do not end: irq_wake_thread() wakes its first
# handler and not the second, which would remove the device.
RT = os.environ.get("KERNEL", "").startswith("rt-")
# Firmware reserves bus numbers, and guests of arm64 start without any.
FIRMWARE = not os.environ.get("KERNEL", "").startswith("arm64-")


def limit(world, ident, rate):
    """So many bytes a second for a disk."""
    limits = dict(dict.fromkeys(("bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"), 0), bps=rate,
                  id="/machine/peripheral/%s/virtio-backend" % ident)
    answer = world.qmp.ask({"execute": "block_set_io_throttle", "arguments": limits})
    expect("error" not in answer, "%s" % answer)


def slow_disk(world, ident, bus):
    """A disk in a slot with I/O under way that ends when go_on() lets it; its removal
    waits for that. The first request fills the bucket, the second waits for it."""
    world.plug("virtio-blk-pci", ident, bus)
    world.settled(bus, "virtio-pci")
    disk = world.block_of(bus)
    limit(world, ident, 1)
    world.guest.sh("read before </sys/block/%s/stat; echo ${before%%%% *} >/tmp/reads; "
                   "dd if=/dev/%s of=/dev/null bs=4k count=2 skip=8 iflag=direct 2>/dev/null &" % (disk, disk))
    within(60, lambda: world.guest.ok(
        "set -- $(cat /tmp/reads /sys/block/%s/stat); [ $2 -gt $1 ] && [ ${10} -gt 0 ]" % disk), "I/O under way")


def go_on(world, ident):
    """What slow_disk() holds up."""
    limit(world, ident, 0)


def meanwhile(world, command, ident):
    """Begin a command that waits for the slow disk, let that go on, and wait for the command."""
    world.guest.sh("(%s; echo $? >/tmp/meanwhile) >/dev/null 2>&1 &" % command)
    time.sleep(1)	# Were this too short, less would happen at once.
    expect(not world.guest.ok("test -e /tmp/meanwhile"), "%s did not wait" % command)
    go_on(world, ident)
    within(60, lambda: world.guest.ok("test -s /tmp/meanwhile"), "the end of " + command)
    expect(world.guest.sh("cat /tmp/meanwhile; rm /tmp/meanwhile").strip() == "0", command + " failed")


def one_slow_removal(world):
    """Another slot adds and removes, and others rescan, while it is under way."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    slow_disk(world, "slow", "rp1")
    qmp.delete("slow")
    within(60, lambda: slots.get("rp1", "state") == "remove", "the removal has begun")
    world.plug("virtio-blk-pci", "quick", "rp2")
    world.settled("rp2", "virtio-pci")
    guest.sh("echo 1 >/sys/bus/pci/rescan")
    world.unplug("quick", "rp2")
    expect(not qmp.was_deleted("slow") and slots.get("rp1", "state") == "remove",
           "the slow removal was over before the others")
    go_on(world, "slow")
    qmp.wait_deleted("slow")
    slots.wait_empty("rp1")
    world.plug("virtio-blk-pci", "after", "rp1")
    world.settled("rp1", "virtio-pci")
    world.unplug("after", "rp1")


def handed_back_meanwhile(world):
    """rmmod while a device is being removed: it is removed, and pciehp gets a slot that
    it can use."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    slow_disk(world, "handed", "rp1")
    qmp.delete("handed")
    within(60, lambda: slots.get("rp1", "state") == "remove", "the removal has begun")
    guest.sh("dmesg -c >/dev/null")
    try:
        meanwhile(world, "rmmod pciehp_pv", "handed")
        qmp.wait_deleted("handed")
        expect(guest.ok("dmesg | grep -q 'pciehp_pv: slot 1 given up, off'"),
               "it was given up before it was empty")
        slots.wait_empty("rp1")
        expect(guest.read(slots.path("rp1") + "/power") == "0", "power is on")
        world.plug("virtio-blk-pci", "theirs", "rp1")
        slots.wait_driver("rp1", "virtio-pci")
        if not RT:
            qmp.press("theirs")
            qmp.wait_deleted("theirs")
    finally:
        guest.sh("modprobe pciehp_pv")
    if RT:
        world.settled("rp1", "virtio-pci")
        world.unplug("theirs", "rp1")


def port_removed_meanwhile(world):
    """The switch that a slot belongs to is removed while a device in the slot is: that
    waits for its driver, and neither waits for the other."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    slow_disk(world, "deep", "dp0")
    qmp.delete("deep")
    within(60, lambda: slots.get("dp0", "state") == "remove", "the removal has begun")
    switch = slots.address("tree")
    meanwhile(world, "echo 1 >/sys/bus/pci/devices/%s/remove" % switch, "deep")
    expect(not guest.ok("test -d " + slots.path("dp0")), "the slot is still there")
    guest.sh("echo 1 >/sys/bus/pci/rescan")
    within(60, lambda: guest.ok("test -d %s/pciehp_pv" % slots.path("dp0")), "it is back")
    # The press is void: what was in the slot is found again, and can be asked for again.
    world.settled("dp0", "virtio-pci")
    guest.sh("echo 0 >%s/power" % slots.path("dp0"))
    qmp.wait_deleted("deep")


def three_presses(world):
    """device_del three times within 300 ms: without a delay and within one. The first
    is a press; QEMU refuses the others, or takes them for presses as well."""
    slots, qmp = world.slots, world.qmp
    for delay in (0, 700):
        slots.set("rp1", "slot_delay_ms", delay)
        world.plug("virtio-blk-pci", "thrice%d" % delay, "rp1")
        world.settled("rp1", "virtio-pci")
        removes = slots.count("rp1", "removes")
        for _ in range(3):
            with contextlib.suppress(Exception):
                qmp.delete("thrice%d" % delay)
            time.sleep(0.1)
        qmp.wait_deleted("thrice%d" % delay)
        slots.wait_empty("rp1")
        within(60, lambda: slots.get("rp1", "state") == "off", "rp1 off")
        expect(slots.count("rp1", "removes") == removes + 1, "removed more than once")
        expect(slots.count("rp1", "unexpected_events") == 0, "unexpected events")
        world.plug("virtio-blk-pci", "after%d" % delay, "rp1")
        world.settled("rp1", "virtio-pci")
        world.unplug("after%d" % delay, "rp1")
    slots.set("rp1", "slot_delay_ms", "default")


def ports_without_hotplug(world):
    """One among the others is left alone, and so is what is behind it."""
    guest = world.guest
    port = "/sys/bus/pci/devices/0000:00:05.0/"
    bus = guest.read(port + "secondary_bus_number")
    expect(guest.read("/sys/bus/pci/devices/0000:%02x:00.0/vendor" % int(bus)) == "0x1af4",
           "what is behind the port without hotplug is gone")
    expect(not guest.ok("test -d /sys/bus/pci/slots/4"), "it has a slot")
    expect(not guest.ok("ls %s | grep -q pcie004" % port), "it has a hotplug service")
    expect(slots_of(world) == set(SLOTS) | set(UNNUMBERED), "ours: %s" % slots_of(world))


def slots_of(world):
    """Which of the known slots are ours."""
    return {name for name in (*SLOTS, *UNNUMBERED)
            if world.guest.ok("test -d %s/pciehp_pv" % world.slots.path(name))}


def slots_without_a_number(world):
    """Ports that a manager left all numbered 0: each slot has the name of its port."""
    slots = world.slots
    for name, port in UNNUMBERED.items():
        expect(slots.port(name) == port, "the slot %s is at %s" % (port, slots.port(name)))
        world.plug("virtio-blk-pci", "in-" + name, name)
        world.settled(name, "virtio-pci")
        world.unplug("in-" + name, name)


def no_bus_number(world):
    """A bridge where no bus number is left: the add fails, with a sentence that says
    what is missing and how to get it, and the slot can be used afterwards."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    for kind, missing in (("pcie-pci-bridge", 1), ("x3130-upstream", 1)):
        failed = slots.count("rp1", "adds_failed")
        guest.sh("dmesg -c >/dev/null")
        qmp.add(kind, "bridge-" + kind, "rp1")
        within(60, lambda failed=failed: slots.count("rp1", "adds_failed") == failed + 1,
               "the add of %s fails" % kind)
        said = guest.sh("dmesg")
        for text in ("needs at least %d bus number" % missing, "bus-reserve=%d" % missing,
                     "0000:00:02.0"):
            expect(text in said, "%s: no '%s' in: %s" % (kind, text, said[-900:]))
        qmp.wait_deleted("bridge-" + kind)
        within(60, lambda: slots.get("rp1", "state") == "off", "rp1 off")
        world.plug("virtio-blk-pci", "usable", "rp1")
        world.settled("rp1", "virtio-pci")
        world.unplug("usable", "rp1")


def bus_numbers_reserved(world):
    """What the sentence advises helps: a bridge, and a device behind it."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    qmp.add("pcie-pci-bridge", "bridge", "wide")
    within(60, lambda: slots.get("wide", "state") == "on", "the bridge is added")
    bridge = "/sys/bus/pci/devices/" + slots.address("wide")
    expect(guest.ok("test -d %s/pci_bus" % bridge), "no bus behind the bridge")
    qmp.delete("bridge")
    qmp.wait_deleted("bridge")


def loads_by_itself(world):
    """What udev does with the name of a port is enough, and the kernel's command line
    sets the delay."""
    guest = world.guest
    guest.sh("rmmod pciehp_pv")
    guest.sh("modprobe \"$(cat /sys/bus/pci/devices/0000:00:02.0/modalias)\"")
    expect(guest.ok("test -d %s/pciehp_pv" % world.slots.path("rp1")), "not taken over")
    expect(world.slots.get("rp1", "slot_delay_ms") == "3", "the command line was not read")


def main():
    guest = Guest()
    world = World(guest, Qmp(), Slots(guest, {**SLOTS, **UNNUMBERED}))
    guest.sh("modprobe virtio_blk; modprobe virtio_pci; true")
    cases = Cases(world.witness)
    only = os.environ.get("ONLY_CASE")
    # Not on debug kernels: lockdep finds a circle in pciehp, and then says nothing more.
    back = () if DEBUG else (handed_back_meanwhile,)
    reserved = (bus_numbers_reserved,) if FIRMWARE else ()
    with module(guest, "slot_delay_ms=0"):
        for function in (ports_without_hotplug, slots_without_a_number, three_presses,
                         *reserved, one_slow_removal, *back, port_removed_meanwhile,
                         no_bus_number, loads_by_itself):
            if not only or function.__name__ in only.split(","):
                cases.run(function, world)
    cases.finish()


main()
