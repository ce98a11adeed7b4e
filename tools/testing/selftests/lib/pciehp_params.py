# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-params.sh."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from hotplug import Cases, Guest, Qmp, Slots, expect, module, within
from hotplug_cases import World
from hotplug_registers import Registers

DELAYS = {"slot_delay_ms": 5000, "power_off_delay_ms": 1000, "link_delay_ms": 100}
NUMBERS = ("-1", "abc", "1.5", "10ms", "0x", "99999999999999999999", "''")
PORT1, PORT2 = "0000:00:02.0", "0000:00:03.0"
POWER_MANAGEMENT, FREE_OFFSET = 1, 0xe0


def is_ours(world, name):
    return world.guest.ok("test -d %s/pciehp_pv" % world.slots.path(name))


def command_line(world):
    """modprobe hands over what the kernel ignores."""
    with module(world.guest):
        value = world.guest.read("/sys/module/pciehp_pv/parameters/power_off_delay_ms")
        expect(value == "7", "the command line's 7 became " + value)
        expect(world.slots.get("rp1", "power_off_delay_ms") == "7", "not 7 in the slot")
        expect(world.slots.get("rp1", "slot_delay_ms") == "0", "the default is not 0")


def emulated_after_a_real_one(world):
    """QEMU's ioh3420 is taken over."""
    with module(world.guest):
        expect(is_ours(world, "rp1") and is_ours(world, "rp2"), "not taken over")


def virtual_ports_only(world):
    """A real one has power management, as every real function has. It stays with pciehp,
    although the processor says that there is a hypervisor: so it does in Xen's dom0, which
    owns real slots."""
    expect(world.guest.ok("grep -qw hypervisor /proc/cpuinfo"), "no hypervisor here")
    Registers(world.guest, PORT2).add_capability(POWER_MANAGEMENT, FREE_OFFSET, b"\x03\x00")
    with module(world.guest):
        expect(is_ours(world, "rp1"), "the virtual port was not taken over")
        expect(not is_ours(world, "rp2"), "a real port was taken over")


def refused(world, attempts):
    """(modprobe's arguments, texts): each fails, says why, and changes nothing. All
    in one command of the guest, as commands take longer than what they test."""
    answers = []
    for first in range(0, len(attempts), 5):	# a command of some 2 KiB
        script = "".join("dmesg -c >/dev/null; modprobe pciehp_pv %s 2>/dev/null; "
                         "echo status $?; dmesg; test -d /sys/module/pciehp_pv && "
                         "rmmod pciehp_pv; grep -q pciehp$ /proc/interrupts && test -d %s && "
                         "echo kept; echo ====; " %
                         (arguments, world.slots.path("rp1"))
                         for arguments, _ in attempts[first:first + 5])
        answers += world.guest.sh(script).split("====")[:-1]
    expect(len(answers) == len(attempts), "%d answers" % len(answers))
    for (arguments, texts), said in zip(attempts, answers):
        expect("status 0" not in said, "accepted: " + arguments)
        expect("kept" in said, "pciehp lost its ports after " + arguments)
        for text in texts:
            expect(text in said, "%s: no '%s' in: %s" % (arguments, text, said[-600:]))


def bad_numbers(world):
    """Each delay: out of range, not a number."""
    refused(world, [("%s=%s" % (name, value), (name, "0 to %d" % largest))
                    for name, largest in DELAYS.items()
                    for value in (str(largest + 1), *NUMBERS)])


def bad_command_line(world):
    """The same from the kernel's command line, which modprobe reads."""
    guest = world.guest
    guest.sh("cp /proc/cmdline /tmp/cmdline; mount --bind /tmp/cmdline /proc/cmdline")
    try:
        for word, texts in (("slot_delay_ms=5001", ("slot_delay_ms", "0 to 5000")),
                            ("link_delay_ms=fast", ("link_delay_ms", "0 to 100")),
                            ("ports=xyz", ("ports must be PCI addresses",))):
            guest.sh("echo quiet pciehp_pv.%s >/tmp/cmdline" % word)
            refused(world, [("", texts)])
    finally:
        guest.sh("umount /proc/cmdline")


def bad_ports(world):
    """Lists that are no lists, ports that are none or not to be had."""
    attempts = []
    for name in ("ports", "exclude"):
        attempts += [("%s='%s'" % (name, value), (name + " must be PCI addresses",))
                     for value in ("xyz", "0000:00:02", "00:02.0,", ",00:02.0", "00:02.9",
                                   "00:20.0", "00:02.0;00:03.0", "00:02.0,,00:03.0")]
        attempts += [("%s=%s" % (name, value), (name + " must be", "none at '%s'" % value))
                     for value in ("0000:00:1f.0", "0000:77:00.0", "1234:00:02.0")]
    attempts += [("ports=" + PORT2, ("ports names " + PORT2, "force=1")),
                 ("force=perhaps", ("force",)), ("expedite=maybe", ("expedite",))]
    refused(world, attempts)


def lists_of_ports(world):
    with module(world.guest, "ports=" + PORT1):
        expect(is_ours(world, "rp1"), "the port on the list was not taken over")
    with module(world.guest, "exclude=00:02.0"):
        expect(not is_ours(world, "rp1"), "an excluded port was taken over")
    with module(world.guest, "force=1 exclude=%s,%s" % (PORT1, PORT2)):
        expect(not is_ours(world, "rp1") and not is_ours(world, "rp2"), "taken over")
    with module(world.guest, "force=1 ports=" + PORT2):
        expect(not is_ours(world, "rp1") and is_ours(world, "rp2"), "not just the one")


def bad_writes(world):
    """sysfs: -EINVAL, nothing changes, and the log names name and range."""
    guest = world.guest
    with module(guest):
        for place in (world.slots.path("rp1") + "/pciehp_pv/",
                      "/sys/module/pciehp_pv/parameters/"):
            for name, largest in DELAYS.items():
                values = (str(largest + 1), *NUMBERS)
                said = guest.sh(
                    "echo 33 >%s%s; dmesg -c >/dev/null; for value in %s; do "
                    "echo $value >%s%s && echo accepted $value; done 2>&1; cat %s%s; dmesg" %
                    (place, name, " ".join(values), place, name, place, name))
                expect("accepted" not in said, "%s%s: %s" % (place, name, said))
                expect(said.count("Invalid argument") == len(values), "errors: " + said[:800])
                expect("\n33\n" in said, "%s changed: %s" % (name, said))
                expect(said.count("%s must be a number from 0 to %d" % (name, largest)) ==
                       len(values), "the log: " + said[-800:])
        for name in ("state", "adds", "saved_ms"):
            expect(not guest.ok("echo 1 >%s/pciehp_pv/%s" % (world.slots.path("rp1"), name)),
                   name + " can be written")


def good_writes(world):
    """What the module's parameter says holds until a slot has its own."""
    guest, slots = world.guest, world.slots
    everywhere = "/sys/module/pciehp_pv/parameters/"
    with module(guest):
        for name, largest in DELAYS.items():
            guest.sh("echo %d >%s%s" % (largest, everywhere, name))
            expect(slots.get("rp1", name) == str(largest), name + " did not follow")
            slots.set("rp1", name, "1")
            guest.sh("echo 0 >%s%s" % (everywhere, name))
            expect(slots.get("rp1", name) == "1", name + " did not stay")
            slots.set("rp1", name, "default")
            expect(slots.get("rp1", name) == "0", name + " did not go back")


def forced(world):
    """A port that may be real: taken over, but with the time hardware needs."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    lines = "dmesg | grep -c 'not known to be virtual'"
    before = int(guest.run(lines)[1])
    with module(guest, "force=1 slot_delay_ms=0"):
        expect(slots.get("rp2", "virtual") == "0" and slots.get("rp1", "virtual") == "1",
               "what is virtual")
        for name, largest in DELAYS.items():
            expect(slots.get("rp2", name) == str(largest), name + " is not the spec's")
            status, said = guest.run("echo 0 >%s/pciehp_pv/%s" % (slots.path("rp2"), name))
            expect(status and "Invalid argument" in said, name + " could be shortened")
        said = int(guest.sh(lines)) - before
        expect(said == 1, "%d lines say so" % said)
        world.plug("virtio-blk-pci", "real", "rp2")
        world.settled("rp2", "virtio-pci")
        begin = time.time()
        qmp.delete("real")
        took = qmp.wait_deleted("real") - begin
        expect(took >= 6, "removed after %.2f s" % took)
        expect(slots.get("rp2", "saved_ms") == "0", "saved time on real hardware")


def held_awake(world):
    """A virtual port does not sleep, so that it can tell of a new device: the module
    holds it. (QEMU 7.2's ports have no power management and would not sleep anyhow, so
    the hold is what can be seen.) A real port is not held."""
    guest = world.guest
    usage = "/sys/bus/pci/devices/%s/power/runtime_usage"
    before = [int(guest.read(usage % port)) for port in (PORT1, PORT2)]
    with module(guest, "force=1"):
        # Its own turns hold a port for as long as they last.
        within(60, lambda: [int(guest.read(usage % port)) for port in (PORT1, PORT2)] ==
               [before[0] + 1, before[1]], "rp1 is held and rp2 is not")
        world.plug("virtio-blk-pci", "awake", "rp1")
        world.settled("rp1", "virtio-pci")
        world.unplug("awake", "rp1")
    after = [int(guest.read(usage % port)) for port in (PORT1, PORT2)]
    expect(after == before, "users of the ports: %s, now %s" % (before, after))


def falls_asleep(world):
    """Ports that sleep as soon as nobody holds them, while the module comes and goes."""
    for port in (PORT1, PORT2):
        world.guest.sh("cd /sys/bus/pci/devices/%s/power && echo auto >control && "
                       "echo 0 >autosuspend_delay_ms" % port)
    world.guest.sh("for n in $(seq 20); do modprobe pciehp_pv force=1 && rmmod pciehp_pv || exit 1; done")


def main():
    guest = Guest()
    world = World(guest, Qmp(), Slots(guest, {"rp1": 1, "rp2": 2}))
    guest.sh("modprobe virtio_blk; modprobe virtio_pci; true")
    cases = Cases()
    only = os.environ.get("ONLY_CASE")
    for function in (command_line, emulated_after_a_real_one, virtual_ports_only, bad_numbers,
                     bad_command_line, bad_ports, lists_of_ports, bad_writes, good_writes,
                     held_awake, falls_asleep, forced):
        # What follows needs the port that this one makes of rp2.
        if function is virtual_ports_only or not only or function.__name__ in only.split(","):
            cases.run(function, world)
    cases.finish()


main()
