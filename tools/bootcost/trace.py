# SPDX-License-Identifier: GPL-2.0
"""QEMU's trace events, as its "log" backend writes them with -msg timestamp=on."""
import re
from collections import Counter

from console import Lines

# A few lines a boot: they tell QEMU's own work, the firmware and the kernel apart.
SPARSE = ("vm_state_notify", "fw_cfg_select")
# Tens of thousands: every access that leaves the guest.
DENSE = SPARSE + ("pci_cfg_read", "pci_cfg_write", "memory_region_ops_read",
                  "memory_region_ops_write", "kvm_run_exit")
LINE = re.compile(r"^\d+@(\d+\.\d+):(\w+) (.*)$")
CONFIG = re.compile(r"^(\S+) ([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]) @0x([0-9a-f]+) (?:->|<-)")
REGION = re.compile(r" addr 0x([0-9a-f]+) value 0x([0-9a-f]+) size (\d+) name '(.*)'")
# What a loader asks for last: kernel, initrd, command line, entry (fw_cfg's keys).
LOADER_KEYS = {0x07, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}
NOBODY = "(no device)"
# What a counted boot's kernel prints, so that accesses find their phase, is not counted. By
# QEMU's name, where it takes the next byte.
CONSOLES = {"serial": 0x3f8, "pl011": 0x9000000}


# Timers and interrupt controllers: how often they are asked depends on how long it takes, and
# under KVM the kernel answers for most of them.
CLOCKS = {"acpi-tmr", "apic-msi", "hpet", "ioapic", "kvm-pit", "pcspk", "pic", "pit", "rtc",
          "rtc-index", "gicv3_dist", "gicv3_redist_region"}


class Access:
    """One access that left the guest: @when by the host's clock, @region of QEMU's memory
    API, "r" or "w"; of config space also @device (QEMU's name, NOBODY where nothing is),
    @where (bus:device.function) and @register."""

    __slots__ = ("when", "region", "op", "device", "where", "register")

    def __init__(self, when, region, op, where=None, register=None):
        self.when, self.region, self.op = when, region, op
        self.where, self.register = where, register
        self.device = NOBODY if where else None


def ecam(address):
    """(bus:device.function, register) of an address in a memory-mapped config space, which
    is aligned to its size: 256 MiB, or the 16 MiB of AArch64's low one."""
    offset = address & (0xffffff if 0x3f000000 <= address < 0x40000000 else 0xfffffff)
    return place(offset >> 20, offset >> 15 & 31, offset >> 12 & 7), offset & 0xfff


def place(bus, device, function):
    return "%02x:%02x.%x" % (bus & 0xff, device & 31, function & 7)


class Trace:
    """All that one boot's file tells.

    running	when the guest began to run
    loader	[(when, fw_cfg key)]
    accesses	[Access]
    exits	[when]: KVM's exits to QEMU, without KVM none
    printed	what the guest printed, with QEMU's own times: this process may have had to wait
		for a processor before it read it"""

    def __init__(self, lines):
        self.running, self.loader, self.accesses, self.exits = None, [], [], []
        self.printed = Lines()
        self._index, self._answer, self._open = 0, None, None
        for text in lines:
            match = LINE.match(text)
            if match:
                self._event(float(match[1]), match[2], match[3])

    def _event(self, when, event, text):
        if event.startswith("memory_region_ops_"):
            self._region(when, event[18:19], text)
        elif event.startswith("pci_cfg_"):
            self._config(event[8:9], text)
        elif event == "fw_cfg_select":
            self.loader.append((when, int(text.split("key 0x")[1].split()[0], 16)))
        elif event == "kvm_run_exit":
            self.exits.append(when)
        elif event == "vm_state_notify" and self.running is None and text.startswith("running 1"):
            self.running = when

    def _config(self, op, text):
        """QEMU tells of a device's read before it tells of the access, of a write after."""
        match = CONFIG.match(text)
        if match and op == "r":
            self._answer = match[1]
        elif match and self._open:
            self._open.device, self._open = match[1], None

    def _region(self, when, op, text):
        match = REGION.search(text)
        if not match:
            return
        if match[4] in CONSOLES:
            if op == "w" and int(match[1], 16) == CONSOLES[match[4]]:
                self.printed.feed(bytes([int(match[2], 16) & 0xff]), when)
            return
        address, value, name = int(match[1], 16), int(match[2], 16), match[4]
        access = Access(when, name, op)
        if name == "pci-conf-idx" and op == "w":
            self._index = value
        elif name == "pci-conf-data":
            access = Access(when, name, op, place(self._index >> 16, self._index >> 11,
                                                  self._index >> 8),
                            self._index & 0xfc | address & 3)
        elif name.startswith("pcie-mmcfg"):
            access = Access(when, name, op, *ecam(address))
        if access.where:
            if op == "r" and self._answer:
                access.device = self._answer
            self._answer, self._open = None, access if op == "w" else None
        self.accesses.append(access)

    def kernel_entered(self, before):
        """When the loader, the last time before @before, asked for a part of the kernel."""
        return max((when for when, key in self.loader
                    if key in LOADER_KEYS and (before is None or when <= before)), default=None)


def unclocked(regions):
    """A Counter of regions without the CLOCKS."""
    return Counter({key: count for key, count in regions.items() if key[1] not in CLOCKS})


def counts(accesses, phase_of):
    """Counters of accesses: {"config": {(phase, device, op, register)}, "regions": {(phase,
    region)}, "buses": {(phase, bus, op)}}; @phase_of names the phase of a time."""
    config, regions, buses = Counter(), Counter(), Counter()
    for access in accesses:
        phase = phase_of(access.when)
        regions[(phase, access.region)] += 1
        if access.where:
            config[(phase, access.device, access.op, access.register)] += 1
            buses[(phase, int(access.where[:2], 16), access.op)] += 1
    return {"config": config, "regions": regions, "buses": buses}
