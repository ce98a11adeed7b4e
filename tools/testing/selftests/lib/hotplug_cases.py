# SPDX-License-Identifier: GPL-2.0
"""What pciehp_pv must do on every kernel: each function is one case."""

import contextlib
import os
import time

from hotplug import Failed, expect, module, within

# Slots by QEMU's name of the port; the ports are those of pciehp-devices.sh.
SLOTS = {"rp1": 1, "rp2": 2, "rp3": 3, "rp4": 4}
DRIVERS = {
    "virtio-net-pci": ("virtio_net", "virtio-pci"),
    "virtio-blk-pci": ("virtio_blk", "virtio-pci"),
    "nvme": ("nvme", "nvme"),
    "e1000e": ("e1000e", "e1000e"),
}
BLOCK = ("nvme", "virtio-blk-pci")
DEBUG = os.environ.get("KERNEL", "").startswith("kunit-")
# What pciehp and shpchp always need for a removal: the button's five seconds, and the power's one.
STOCK_SECONDS = 6


class World:
    """The guest of one run."""

    def __init__(self, guest, qmp, slots):
        self.guest, self.qmp, self.slots = guest, qmp, slots
        self.out = os.environ["OUT"]
        self.disks = 0
        self.took = []
        self.failed_adds = {name: 0 for name in slots.slots}

    def disk(self, mib=64):
        """A new block backend; its name."""
        self.disks += 1
        name = "disk%d" % self.disks
        path = os.path.join(self.out, name + ".img")
        with open(path, "wb") as file:
            file.truncate(mib << 20)
        self.qmp.do("blockdev-add", driver="file", node_name=name, filename=path)
        return name

    def plug(self, driver, ident, bus):
        more = {}
        if driver in BLOCK:
            more["drive"] = self.disk()
        if driver == "nvme":
            more["serial"] = ident
        self.qmp.add(driver, ident, bus, **more)

    def unplug(self, ident, bus):
        """Ask for removal and wait for it; how long it took."""
        begin = time.time()
        self.qmp.delete(ident)
        took = self.qmp.wait_deleted(ident) - begin
        self.took.append(took)
        self.slots.wait_empty(bus)
        within(60, lambda: self.slots.get(bus, "state") == "off", bus + " off")
        # It may be off still, or again. A wish that is fulfilled is answered when all
        # that the port has latched by now is dealt with, and does nothing else.
        self.guest.sh("echo 0 >%s/power" % self.slots.path(bus))
        return took

    def witness(self):
        """What the guest has to say after a failure."""
        return self.guest.run(
            "cd /sys/bus/pci/slots; grep -s . */address */power */pciehp_pv/state "
            "*/pciehp_pv/adds*; dmesg | tail -n 25")[1]

    def cleanup(self):
        """After a case that failed: no device is left for the next one."""
        for bus in ("rp1", "rp2"):
            for name in ("slot_delay_ms", "power_off_delay_ms"):
                self.guest.run("echo default >%s/pciehp_pv/%s" % (self.slots.path(bus), name))
            self.guest.run("umount /mnt/fs; echo 0 >%s/power" % self.slots.path(bus))
            within(60, lambda bus=bus: not self.slots.occupied(bus), "empty")

    def settled(self, bus, driver):
        """The driver is bound and the port has finished the add as well."""
        self.slots.wait_driver(bus, driver)
        within(60, lambda: self.slots.get(bus, "state") == "on", bus + " on")

    def block_of(self, bus):
        """/dev name of the block device in a slot."""
        pattern = "/sys/bus/pci/devices/%s/" % self.slots.address(bus)
        return within(60, lambda: self.guest.run(
            "find %s -maxdepth 6 -type d \\( -path '*/block/*' -o -name 'nvme[0-9]*n1' "
            "-o -name 'nvme*c*n1' \\) 2>/dev/null | sed 's|.*/||' | "
            "grep -E '^(vd[a-z]|nvme[0-9]+n1)$' | head -n 1" % pattern)[1].strip(), "a disk")


def adds_and_removes(world):
    """Every driver comes, works a little and goes."""
    missing = []
    for driver, (name, bound) in DRIVERS.items():
        if not world.guest.has_driver(name):
            missing.append(name)
            continue
        before = world.slots.count("rp1", "adds")
        world.plug(driver, "one", "rp1")
        world.slots.wait_driver("rp1", bound)
        within(60, lambda before=before: world.slots.count("rp1", "adds") == before + 1,
               "adds is counted")
        if driver in BLOCK:
            world.guest.sh("dd if=/dev/%s of=/dev/null bs=64k count=16 2>/dev/null" %
                           world.block_of("rp1"))
        world.unplug("one", "rp1")
    expect("nvme" not in missing, "this kernel has no nvme driver")
    saved = world.slots.count("rp1", "saved_ms")
    expect(saved >= 6100 * (len(DRIVERS) - len(missing)), "saved_ms is %d" % saved)
    if missing:
        print("# no driver in this kernel: " + " ".join(missing))


def larger_than_its_window(world):
    """The port's windows are laid out anew for a device that does not fit into them,
    and are as good as before for the next one."""
    guest, slots = world.guest, world.slots
    world.qmp.add("pci-testdev", "large", "rp1", membar=64 << 20)
    world.settled("rp1", "")
    size = guest.sh("while read start end flags; do echo $((end - start + 1 - !start)); done "
                    "</sys/bus/pci/devices/%s/resource" % slots.address("rp1")).split()
    expect(str(64 << 20) in size, "no BAR of 64 MiB has an address: %s" % size)
    world.unplug("large", "rp1")
    world.plug("nvme", "small", "rp1")
    world.block_of("rp1")
    world.unplug("small", "rp1")


def mounted_file_system(world):
    """As a user would: write, sync, unmount, remove; add again, read it back."""
    guest = world.guest
    node = world.disk()
    world.qmp.add("nvme", "fs", "rp2", serial="fs", drive=node)
    disk = world.block_of("rp2")
    guest.sh("mkfs.ext4 -q /dev/%s && mkdir -p /mnt/fs && mount /dev/%s /mnt/fs" % (disk, disk))
    guest.sh("head -c 8388608 /dev/urandom >/mnt/fs/data && md5sum </mnt/fs/data >/tmp/sum && "
             "sync && umount /mnt/fs")
    world.unplug("fs", "rp2")
    world.qmp.add("nvme", "fs", "rp2", serial="fs", drive=node)
    disk = world.block_of("rp2")
    guest.sh("mount /dev/%s /mnt/fs && md5sum </mnt/fs/data | cmp - /tmp/sum && umount /mnt/fs" %
             disk)
    world.unplug("fs", "rp2")


def io_while_removed(world):
    """I/O that runs when its device goes ends with an error, not with a hang."""
    guest = world.guest
    world.plug("nvme", "io", "rp2")
    disk = world.block_of("rp2")
    guest.sh("rm -f /tmp/fio.status; (fio --name=x --filename=/dev/%s --rw=randwrite --bs=4k --iodepth=8 "
             "--ioengine=libaio --direct=1 --time_based --runtime=600 --size=32m "
             "--allow_file_create=0 >/tmp/fio.log 2>&1; echo $? >/tmp/fio.status) &" % disk)
    within(60, lambda: guest.ok("awk '$3 == \"%s\" && $8 > 20 {n = 1} END {exit !n}' "
                                "/proc/diskstats" % disk), "writes")
    expect(not guest.ok("test -s /tmp/fio.status"), "fio ended before the removal")
    world.unplug("io", "rp2")
    within(60, lambda: guest.ok("test -s /tmp/fio.status"), "the end of fio")
    expect(guest.read("/tmp/fio.status") != "0", "fio did not notice")
    world.plug("nvme", "io", "rp2")
    world.slots.wait_driver("rp2", "nvme")
    world.unplug("io", "rp2")


def undisturbed(world):
    """I/O goes on while the ports change hands five times."""
    guest = world.guest
    disk = world.block_of("rp3")
    guest.sh("mkfs.ext4 -q /dev/%s && mkdir -p /mnt/io && mount /dev/%s /mnt/io" % (disk, disk))
    # Pass after pass, as long as it takes.
    guest.sh("rm -f /tmp/stop /tmp/fio.status; (while fio --name=x --directory=/mnt/io --rw=randwrite --bs=4k "
             "--iodepth=4 --size=2m --ioengine=libaio --direct=1 --verify=crc32c >/tmp/fio.log 2>&1 && "
             "echo pass >>/tmp/passes && [ ! -e /tmp/stop ]; do :; done; echo $? >/tmp/fio.status) &")
    within(60, lambda: guest.ok("test -s /tmp/passes"), "a pass of fio")
    for _ in range(5):
        guest.sh("rmmod pciehp_pv; test -d /sys/bus/pci/slots/3; "
                 "grep -q pciehp /proc/interrupts; modprobe pciehp_pv")
    expect(not guest.ok("test -s /tmp/fio.status"), "fio ended early: " +
           guest.run("cat /tmp/fio.status /tmp/fio.log; dmesg | tail -n 5")[1])
    guest.sh("touch /tmp/stop")
    within(60, lambda: guest.ok("test -s /tmp/fio.status"), "the end of fio")
    expect(guest.ok("grep -q 'err= 0' /tmp/fio.log"), "fio: " + guest.run("tail -n 20 /tmp/fio.log")[1])
    guest.sh("umount /mnt/io && fsck.ext4 -fn /dev/%s" % disk)
    for slot in world.slots.slots:
        state = world.slots.get(slot, "state")
        expect(state == ("on" if slot in ("rp3", "rp4") else "off"), slot + " is " + state)


def remove_during_add(world):
    """device_add and device_del without a breath between them. As long as the slot
    has no power QEMU takes the device back at once: that is no failure."""
    slots = world.slots
    counters = ("adds", "adds_aborted", "adds_failed", "unexpected_events")
    for turn in range(8):
        before = [slots.count("rp1", name) for name in counters]
        world.plug("nvme", "brief", "rp1")
        if turn % 2:
            time.sleep(0.004 * turn)
        world.unplug("brief", "rp1")
        added, aborted, *bad = (slots.count("rp1", name) - old
                                for name, old in zip(counters, before))
        expect(not any(bad), "failed adds and unexpected events: %s" % bad)
        expect(added + aborted <= 1, "%d adds and %d aborted ones" % (added, aborted))
        expect(world.guest.read(slots.path("rp1") + "/attention") == "0", "attention is on")
        if aborted:
            # This left the power on, and then a press that comes within the
            # announcement of a device cannot be told from it.
            world.plug("virtio-blk-pci", "after", "rp1")
            world.settled("rp1", "virtio-pci")
            world.unplug("after", "rp1")


def add_during_remove(world):
    """The next device comes in the moment that the slot is free."""
    for turn in range(4):
        ident = "next%d" % turn
        world.plug("virtio-blk-pci", ident, "rp1")
        world.slots.wait_driver("rp1", "virtio-pci")
        world.qmp.delete(ident)
        world.qmp.wait_deleted(ident)
    world.plug("virtio-blk-pci", "last", "rp1")
    world.slots.wait_driver("rp1", "virtio-pci")
    world.unplug("last", "rp1")


def surprise_removal(world):
    """QEMU takes the device when the guest switches the slot off behind our back."""
    guest, slots = world.guest, world.slots
    before = slots.count("rp1", "surprise_removes")
    world.plug("nvme", "gone", "rp1")
    slots.wait_driver("rp1", "nvme")
    # Power controller off, power indicator off: 0700 of Slot Control.
    guest.sh("setpci -s %s CAP_EXP+18.w=0700:0700" % slots.port("rp1"))
    world.qmp.wait_deleted("gone")
    slots.wait_empty("rp1")
    within(60, lambda: slots.get("rp1", "state") == "off", "rp1 off")
    expect(slots.count("rp1", "surprise_removes") == before + 1, "not seen as a surprise")
    world.plug("nvme", "back", "rp1")
    slots.wait_driver("rp1", "nvme")
    world.unplug("back", "rp1")


def swapped_at_once(world):
    """Gone and another one there before anybody looked."""
    slots = world.slots
    world.plug("nvme", "first", "rp1")
    slots.wait_driver("rp1", "nvme")
    adds = slots.count("rp1", "adds")
    world.guest.sh("setpci -s %s CAP_EXP+18.w=0700:0700" % slots.port("rp1"))
    world.qmp.wait_deleted("first")
    world.plug("virtio-blk-pci", "second", "rp1")
    slots.wait_driver("rp1", "virtio-pci")
    within(60, lambda: slots.count("rp1", "adds") == adds + 1, "adds is counted")
    world.unplug("second", "rp1")


def two_presses(world):
    """The second press cancels. QEMU takes one press from each function of a slot
    and none while the indicator blinks, so the guest's hand is put on that."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    # As long as can be: on a busy machine a debug kernel takes its time.
    slots.set("rp1", "slot_delay_ms", 5000)
    try:
        for function in (1, 0):
            qmp.add("virtio-blk-pci", "twice%d" % function, "rp1", addr="0.%d" % function,
                    multifunction=True, drive=world.disk())
        world.settled("rp1", "virtio-pci")
        cancelled = slots.count("rp1", "presses_cancelled")
        qmp.delete("twice0")
        within(60, lambda: slots.get("rp1", "state") == "blinking-off", "blinking")
        # Power indicator on.
        guest.sh("setpci -s %s CAP_EXP+18.w=0100:0300" % slots.port("rp1"))
        qmp.delete("twice1")
        within(60, lambda: slots.get("rp1", "state") == "on", "cancelled")
        time.sleep(5.2)
        expect(not qmp.was_deleted("twice0"), "deleted although cancelled")
        expect(slots.count("rp1", "presses_cancelled") == cancelled + 1, "not counted")
        guest.sh("echo 0 >%s/power" % slots.path("rp1"))
        qmp.wait_deleted("twice0")
        qmp.wait_deleted("twice1")
    finally:
        slots.set("rp1", "slot_delay_ms", "default")


def delays_are_kept(world):
    """A delay that is set is waited for."""
    slots = world.slots
    slots.set("rp1", "slot_delay_ms", 700)
    slots.set("rp1", "power_off_delay_ms", 600)
    try:
        world.plug("virtio-blk-pci", "slow", "rp1")
        world.settled("rp1", "virtio-pci")
        took = world.unplug("slow", "rp1")
        expect(took >= 1.3, "deleted after %.3f s" % took)
    finally:
        slots.set("rp1", "slot_delay_ms", "default")
        slots.set("rp1", "power_off_delay_ms", "default")


def power_attribute(world):
    """0 and 1 written to the slot's power file."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    power = slots.path("rp1") + "/power"
    expect(guest.run("echo 1 >%s" % power)[0] != 0, "an empty slot was switched on")
    world.failed_adds["rp1"] += 1
    attention = slots.path("rp1") + "/attention"
    expect(guest.read(attention) == "1", "attention is off after a failed add")
    world.plug("virtio-blk-pci", "sys", "rp1")
    world.settled("rp1", "virtio-pci")
    expect(guest.read(attention) == "0", "attention is on after an add")
    expect(guest.read(power) == "1", "power is not 1")
    guest.sh("echo 0 >%s" % power)
    expect(not slots.occupied("rp1"), "still there")
    qmp.wait_deleted("sys")
    expect(guest.read(power) == "0", "power is not 0")


def reset_is_no_removal(world):
    """A bus reset by way of the slot leaves the device where it is. On debug kernels
    one without a driver: lockdep finds fault with what nvme does afterwards."""
    guest, slots = world.guest, world.slots
    kind, driver = ("edu", "") if DEBUG else ("nvme", "nvme")
    world.plug(kind, "reset", "rp1")
    world.settled("rp1", driver)
    device = "/sys/bus/pci/devices/" + slots.address("rp1")
    before = [slots.count("rp1", name) for name in ("removes", "resets")]
    if "bus" in guest.run("cat %s/reset_method" % device)[1]:
        guest.sh("echo bus >%s/reset_method" % device)
    guest.sh("echo 1 >%s/reset" % device)
    time.sleep(0.5)
    after = [slots.count("rp1", name) for name in ("removes", "resets")]
    expect(after == [before[0], before[1] + 1], "removes, resets: %s, %s" % (before, after))
    expect(slots.driver("rp1") == driver, "the driver is gone")
    if driver:
        guest.sh("dd if=/dev/%s of=/dev/null bs=64k count=4 2>/dev/null" % world.block_of("rp1"))
    world.unplug("reset", "rp1")


def error_on_the_shared_vector(world):
    """AER still gets its interrupt, and the slot does not take it for its own."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    port = slots.port("rp1")
    counts = "/sys/bus/pci/devices/%s/aer_dev_nonfatal" % port
    if not guest.ok("test -e " + counts):
        return "the kernel does not own AER here"
    # Error reporting in Device Control, SERR# in Command and Bridge Control.
    guest.sh("setpci -s %s CAP_EXP+08.w=000f:000f COMMAND=0100:0100 "
             "BRIDGE_CONTROL=0002:0002" % port)
    # QEMU passes uncorrectable errors on only; the slot is empty for this one.
    qmp.monitor("pcie_aer_inject_error rp1 POISON_TLP")
    within(60, lambda: guest.ok("grep -q 'TOTAL_ERR_NONFATAL 1' " + counts), "AER's interrupt")
    expect(slots.get("rp1", "state") == "off", "the slot is " + slots.get("rp1", "state"))
    world.plug("virtio-blk-pci", "aer", "rp1")
    slots.wait_driver("rp1", "virtio-pci")
    world.unplug("aer", "rp1")
    return None


def tracepoints(world):
    """Every step is in the trace."""
    guest = world.guest
    guest.sh("mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null; true")
    if not guest.ok("test -d /sys/kernel/tracing/events/pciehp_pv"):
        raise Failed("no tracepoints") if guest.ok(
            "test -d /sys/kernel/tracing/events/pci_hp -o -d /sys/kernel/tracing/events/sched"
        ) else Failed("this kernel has no tracefs")
    # Newer kernels have one for all hotplug drivers, which rasdaemon listens to.
    theirs = guest.ok("test -d /sys/kernel/tracing/events/pci/pci_hp_event")
    events = "pciehp_pv/enable" + (" pci/pci_hp_event/enable" if theirs else "")
    guest.sh("cd /sys/kernel/tracing/events; for event in %s; do echo 1 >$event; done" % events)
    world.plug("virtio-blk-pci", "traced", "rp1")
    world.slots.wait_driver("rp1", "virtio-pci")
    world.unplug("traced", "rp1")
    trace = guest.sh("cd /sys/kernel/tracing/events; cat ../trace; "
                     "for event in %s; do echo 0 >$event; done; echo >../trace" % events)
    for text in ("button|presence", "link-up: off -> link", "added: add -> on",
                 "button: on -> remove", "removed: remove -> off", "saved_ms=5000",
                 "removed after", *(("event:LINK_UP", "event:CARD_PRESENT") if theirs else ())):
        expect(text in trace, "no '%s' in the trace:\n%s" % (text, trace[-1500:]))


def suspend_and_resume(world):
    """Through system sleep with a device, with I/O before and after."""
    guest, slots = world.guest, world.slots
    if not guest.ok("grep -qw freeze /sys/power/state && test -e /sys/power/pm_test"):
        return "this kernel has no pm_test"
    # On debug kernels no nvme: lockdep finds fault with what it does when it sleeps.
    cold = slots.address("rp3")
    if DEBUG:
        guest.sh("echo %s >/sys/bus/pci/drivers/nvme/unbind" % cold)
    world.plug("edu" if DEBUG else "nvme", "sleepy", "rp1")
    world.settled("rp1", "" if DEBUG else "nvme")
    read = "true" if DEBUG else ("dd if=/dev/%s of=/dev/null bs=64k count=4 iflag=direct "
                                 "2>/dev/null" % world.block_of("rp1"))
    removes, flaps = slots.count("rp1", "removes"), slots.count("rp1", "flaps")
    guest.sh(read)
    guest.sh("echo 0 >/sys/module/suspend/parameters/pm_test_delay; "
             "echo devices >/sys/power/pm_test; echo freeze >/sys/power/state; "
             "echo none >/sys/power/pm_test")
    expect(guest.ok("dmesg | grep -q 'PM: suspend exit'"), "it did not sleep")
    guest.sh(read)
    within(60, lambda: slots.count("rp1", "flaps") == flaps + 1, "the slot was looked at")
    expect(slots.count("rp1", "removes") == removes, "sleep removed the device")
    if DEBUG:
        guest.sh("echo %s >/sys/bus/pci/drivers/nvme/bind" % cold)
    world.unplug("sleepy", "rp1")
    # And a slot that slept empty still wakes up for a device.
    world.plug("virtio-blk-pci", "fresh", "rp1")
    slots.wait_driver("rp1", "virtio-pci")
    world.unplug("fresh", "rp1")
    return None


def nested_ports(world):
    """A switch: its ports are taken over when they appear, work, and go with it
    while they are busy."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    nested = ("dp0", "dp1")
    slots.slots.update(dp0=10, dp1=11)
    try:
        for name in nested:
            within(60, lambda name=name: guest.ok("test -d %s/pciehp_pv" % slots.path(name)),
                   name + " taken over")
        for name in nested:
            world.plug("virtio-blk-pci", "in-" + name, name)
        for name in nested:
            slots.wait_driver(name, "virtio-pci")
        world.unplug("in-dp0", "dp0")
        # Remove the whole switch in the guest, with a device behind dp1 and
        # another one arriving behind dp0: nothing may wait for itself.
        switch = slots.address("rp4")
        world.plug("virtio-blk-pci", "late", "dp0")
        guest.sh("echo 1 >/sys/bus/pci/devices/%s/remove" % switch)
        expect(not guest.ok("test -d " + slots.path("dp0")), "the slot is still there")
        guest.sh("echo 1 >/sys/bus/pci/rescan")
        for name, ident in (("dp0", "late"), ("dp1", "in-dp1")):
            within(60, lambda name=name: guest.ok("test -d %s/pciehp_pv" % slots.path(name)),
                   name + " taken over again")
            slots.wait_driver(name, "virtio-pci")
            world.unplug(ident, name)
        # The switch itself goes by its button, with something behind it.
        world.plug("virtio-blk-pci", "behind", "dp1")
        slots.wait_driver("dp1", "virtio-pci")
        qmp.delete("up")
        qmp.wait_deleted("up", 30)
        slots.wait_empty("rp4")
    finally:
        slots.slots.pop("dp0", None)
        slots.slots.pop("dp1", None)


def hand_back(world):
    """pciehp has every slot again, in the state it was in, and works."""
    guest, slots, qmp = world.guest, world.slots, world.qmp
    world.plug("virtio-blk-pci", "stays", "rp1")
    slots.wait_driver("rp1", "virtio-pci")
    guest.sh("rmmod pciehp_pv")
    for name in slots.slots:
        expect(guest.ok("test -d " + slots.path(name)), name + " has no slot any more")
        expect(not guest.ok("test -e %s/pciehp_pv" % slots.path(name)), name + " is ours still")
    expect(guest.ok("grep -q pciehp$ /proc/interrupts"), "pciehp has no interrupt")
    expect(slots.driver("rp1") == "virtio-pci", "the device did not stay")
    begin = time.time()
    qmp.delete("stays")
    took = qmp.wait_deleted("stays", 20) - begin
    expect(took > 5.5, "pciehp removes within %.1f s: is it patched?" % took)
    guest.sh("modprobe pciehp_pv")
    world.failed_adds = {name: 0 for name in slots.slots}
    expect(slots.get("rp1", "state") == "off", "rp1 is not off")


def no_complaint(world):
    """Nothing went wrong that nobody saw. Any removal may have been slow, the quickest was not."""
    expect(min(world.took) < STOCK_SECONDS, "the quickest removal took %.2f s" % min(world.took))
    for name in world.slots.slots:
        expect(world.slots.count(name, "unexpected_events") == 0, name + ": unexpected events")
        expect(world.slots.count(name, "adds_failed") == world.failed_adds[name],
               name + ": failed adds")
    bad = world.guest.run("dmesg | grep -E 'pciehp_pv.*(not possible|no Command Completed)'")[1]
    expect(not bad, bad)


def loaded(world, cases, functions):
    """Run cases with the module loaded."""
    with module(world.guest):
        for function in functions:
            failed = cases.failed
            cases.run(function, world)
            if cases.failed > failed:
                with contextlib.suppress(Failed):
                    world.cleanup()
