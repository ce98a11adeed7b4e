# SPDX-License-Identifier: GPL-2.0
"""What one point boots: a machine, its firmware, and a number of ports, bridges or
functions, as QEMU's options and a bus config."""
from firmware import options as firmware_options

# QEMU's program, its -machine, whether it has PCI Express, and its firmware, the default first.
MACHINES = {
    "q35": ("qemu-system-x86_64", "q35", True, ("seabios", "qboot", "ovmf")),
    "pc": ("qemu-system-x86_64", "pc", False, ("seabios", "qboot", "ovmf")),
    "microvm": ("qemu-system-x86_64", "microvm,pcie=on,rtc=on", True, ("seabios", "qboot")),
    "virt": ("qemu-system-aarch64", "virt,gic-version=3", True, ("none", "aavmf")),
}
KINDS = ("ports", "bridges", "functions")
# Of the root bus, from 04.0 on.
SLOTS = 26
MOST = {"ports": 200, "bridges": SLOTS, "functions": 256}


class Unavailable(Exception):
    """The machine cannot be had; the message says what is missing."""


class Topology:
    """@machine and @firmware by name, how many root ports, SHPC bridges and functions of ours,
    and the QEMU device in each port and bridge, "" for none. Ports are functions of a device
    of the root bus, eight to each, or @apart."""

    def __init__(self, machine="q35", firmware=None, ports=0, bridges=0, functions=0, device="",
                 apart=False):
        self.machine, self.device, self.apart = machine, device, apart
        self.firmware = firmware or MACHINES[machine][3][0]
        self.ports, self.bridges, self.functions = ports, bridges, functions
        self.check()

    def check(self):
        allowed = MACHINES[self.machine][3]
        if self.firmware not in allowed:
            raise Unavailable("%s has no firmware %s: it takes %s" % (
                self.machine, self.firmware, " and ".join(allowed)))
        if self.ports and not MACHINES[self.machine][2]:
            raise Unavailable("%s has no PCI Express, hence no root ports; --bridges it has" %
                              self.machine)
        for kind, most in (MOST | ({"ports": SLOTS} if self.apart else {})).items():
            if not 0 <= getattr(self, kind) <= most:
                raise Unavailable("%d %s: 0 to %d are possible" % (
                    getattr(self, kind), kind, most))

    def program(self):
        return MACHINES[self.machine][0]

    def machine_options(self):
        """-machine and firmware."""
        return ["-machine", MACHINES[self.machine][1]] + firmware_options(self.firmware)

    def devices(self):
        """-device for every port and bridge, with what is in it."""
        options = []
        for n in range(self.ports):
            place = (4 + n, 0) if self.apart else (4 + n // 8, n % 8)
            options += ["-device", "pcie-root-port,id=rp%d,chassis=%d,slot=%d,addr=%x.%d%s" % (
                n, n + 1, n + 1, *place, "" if self.apart else ",multifunction=on")]
            options += self.inside("rp%d" % n, n, "0")
        for n in range(self.bridges):
            options += ["-device", "pci-bridge,id=br%d,chassis_nr=%d,shpc=on,addr=%x" % (
                n, n + 1, 4 + n)]
            # Slot 0 of a bridge with SHPC is none.
            options += self.inside("br%d" % n, self.ports + n, "1")
        return options

    def inside(self, bus, number, slot):
        if not self.device:
            return []
        drive = []
        device = self.device + ",bus=%s,addr=%s" % (bus, slot)
        if self.device.split(",")[0] in ("nvme", "virtio-blk-pci"):
            drive = ["-drive", "driver=null-co,size=1M,read-zeroes=on,if=none,id=bcd%d" % number]
            device += ",drive=bcd%d,serial=B%d" % (number, number)
        return drive + ["-device", device]

    def bus(self):
        """The config of a pvpcid with our functions, None without any."""
        if not self.functions:
            return None
        return {"id": 1, "vectors": min(256, max(64, self.functions)), "functions": [
            {"slot": "%02x.%d" % (n % 32, n // 32), "model": "nvme", "queues": 1,
             "namespaces": [{"file": "d%d.img" % n}]} for n in range(self.functions)]}

    def label(self):
        """How many, in a word or two."""
        counts = [(getattr(self, kind), kind) for kind in KINDS if getattr(self, kind)]
        return ", ".join("%d %s" % (count, kind if count > 1 else kind[:-1])
                         for count, kind in counts) or "none"
