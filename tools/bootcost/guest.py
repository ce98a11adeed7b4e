# SPDX-License-Identifier: GPL-2.0
"""Which kernel a point boots, and with what on its command line: our own small guest, or
whatever the user's QEMU options start."""
import glob
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import tempfile

import firmware
import image
import machine
from phases import FUNCTIONS

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = ("nvme virtio_pci virtio_blk virtio_net virtio_rng virtio_scsi virtio_balloon "
           "e1000 e1000e igb ahci sd_mod xhci_pci").split()
# The kernel tells of each initcall and probe, into a buffer that holds it all.
TELL = ["initcall_debug", "log_buf_len=8M"]
GRAPH = ["ftrace=function_graph", "ftrace_filter=" + ",".join(FUNCTIONS),
         "ftrace_graph_filter=" + ",".join(FUNCTIONS), "ftrace_graph_max_depth=1"]
CONSOLES = {"qemu-system-aarch64": "ttyAMA0", "qemu-system-x86_64": "ttyS0"}


def value_of(options, *names):
    """The place of the value that the last of these QEMU options has, None without one."""
    places = [at + 1 for at, word in enumerate(options[:-1])
              if word.startswith("-") and word.lstrip("-") in names]
    return places[-1] if places else None


def has(options, *names):
    return any(word.startswith("-") and word.lstrip("-") in names for word in options)


class FileKernel:
    """A kernel that no table knows, of a file: our guest has no module for it."""

    def __init__(self, path, arm):
        self.name = "file-" + hashlib.sha256(os.path.abspath(path).encode()).hexdigest()[:8]
        self.image = self.stub = os.path.abspath(path)
        self.release = self.modules = None
        self.arch = "arm64" if arm else "x86_64"
        self.directory = None


class BuiltIn:
    """Our guest: busybox and the drivers of what QEMU may have on a PCI bus; with functions
    of ours, pvpci too. It is quiet and sends the kernel's log when it is ready, so that
    nothing it tells takes time of the boot."""

    end = re.compile(r"^bootcost-dump-end$")
    done = "ready"
    ours = True

    def __init__(self, name, topology):
        arm = topology.program() == "qemu-system-aarch64"
        if os.path.isfile(name):
            self.kernel = FileKernel(name, arm)
        else:
            self.kernel = machine.Kernel(name)
            if (self.kernel.arch == "arm64") != arm:
                raise ValueError("--kernel %s is for %s, --machine %s is not" % (
                    name, self.kernel.arch, topology.machine))
        self.image = self.initramfs()

    def busybox(self):
        if self.kernel.arch == "arm64":
            # Of a file's architecture there are no programs but those fetched for a kernel.
            directory = self.kernel.directory or machine.Kernel("arm64-6.12").directory
            return image.Sysroot(os.path.join(directory, "sysroot"),
                                 "aarch64-linux-gnu").find("/bin/busybox")
        return image.Sysroot("", "x86_64-linux-gnu").find("/bin/busybox")

    def initramfs(self):
        """The file, made when there is none of this content."""
        busybox, init = self.busybox(), os.path.join(HERE, "init.sh")
        modules, ours = [], []
        if self.kernel.modules:
            modules = image.module_closure(self.kernel.modules, MODULES)
            ours = glob.glob(os.path.join(machine.BUILD, self.kernel.name, "pvpci.ko"))
        facts = [image.read(__file__), image.read(init), busybox, self.kernel.release, modules,
                 [hashlib.sha256(image.read(path)).hexdigest() for path in ours]]

        def write(archive):
            for directory in ("/proc", "/sys", "/dev"):
                archive.directory(directory)
            archive.node("/dev/console", 5, 1)
            archive.node("/dev/null", 1, 3)
            archive.add("/init", image.read(init))
            archive.add("/bin/busybox", image.read(busybox))
            if modules:
                self.add_modules(archive, modules, ours)

        return image.layer(machine.BUILD, "bootcost-" + self.kernel.name, facts, write)

    def add_modules(self, archive, modules, ours):
        base = "/lib/modules/" + self.kernel.release
        with tempfile.TemporaryDirectory() as stage:
            for name in modules + ours:
                data = image.read(os.path.join(self.kernel.modules, name))
                to = stage + base + "/" + ("pvpci.ko" if name in ours
                                           else re.sub(r"\.xz$", "", name))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                with open(to, "wb") as file:
                    file.write(lzma.decompress(data) if name.endswith(".xz") else data)
            subprocess.run(["depmod", "-b", stage, self.kernel.release], check=True,
                           stderr=subprocess.DEVNULL)
            for path, _, names in sorted(os.walk(stage)):
                for name in sorted(names):
                    full = os.path.join(path, name)
                    archive.add(full[len(stage):], image.read(full), 0o644)

    def accel(self):
        wish = os.environ.get("VMTEST_ACCEL", "auto")
        return machine.ACCELS["tcg" if isinstance(self.kernel, FileKernel) and
                              wish.startswith("auto") else machine.choose_accel(wish, self.kernel)]

    def has_clock(self, given):
        """Whether a machine without HPET and ACPI timer would do."""
        return has(given, "accel", "enable-kvm") or self.accel() == "kvm"

    def boot_image(self, topology):
        """The file for -kernel."""
        return self.kernel.stub if topology.firmware in firmware.UEFI else self.kernel.image

    def prefix(self, given):
        """How QEMU is started: machine.ACCELS says why on one processor."""
        if has(given, "accel", "enable-kvm") or self.accel() != machine.ACCELS["tcg"] or \
                not shutil.which("taskset"):
            return []
        return ["taskset", "-c", "%d" % machine.processor(
            glob.glob("/dev/shm/vmtest-[0-9]*-*/processor"))]

    def options(self, topology, kind, given, ram):
        """QEMU's options but the devices'; @kind is of boot.KINDS."""
        arm = self.kernel.arch == "arm64"
        # A counted boot shows when it does what; how long it takes does not matter.
        words = ["console=" + CONSOLES[topology.program()],
                 "ignore_loglevel" if kind == "counted" else "quiet", "panic=-1",
                 "printk.time=1", "random.trust_cpu=on", "net.ifnames=0", "cryptomgr.notests"]
        if not arm:
            words += ["reboot=t", "no_timer_check"]
        if kind != "plain":
            words += TELL
        if kind == "profiled":
            words += GRAPH
        options = ["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                   "-no-reboot", *topology.machine_options(), "-kernel", self.boot_image(topology),
                   "-initrd", self.image, "-append", " ".join(words)]
        accel = self.accel()
        if not has(given, "accel", "enable-kvm"):
            options += ["-accel", accel]
        if not has(given, "cpu"):
            options += ["-cpu", "cortex-a57" if arm else
                        "host" if accel == "kvm" else "qemu64,+rdrand"]
        if not has(given, "smp"):
            options += ["-smp", "2"]
        if not has(given, "m"):
            options += ["-m", "1024"]
        if topology.functions:
            # The daemon has to see the guest's memory.
            at = value_of(given, "m")
            size = given[at] if at else "1024M"
            options += ["-object", "memory-backend-file,id=ram0,mem-path=%s,share=on,size=%s" % (
                ram, size + ("" if size[-1].isalpha() else "M"))]
            options[options.index("-machine") + 1] += ",memory-backend=ram0"
        return options


class Given:
    """What the user's QEMU options boot. A boot with tracing gets more words on the kernel
    command line, if that is among the options; otherwise what the kernel prints has to do."""

    done = None
    ours = False
    kernel = None

    def __init__(self, until):
        self.end = re.compile(until)

    def prefix(self, _given):
        return []

    def options(self, topology, kind, given, _ram):
        options = []
        if not has(given, "machine", "M"):
            options += topology.machine_options()
        if not has(given, "m"):
            options += ["-m", "1024"]
        if not has(given, "nographic"):
            if not has(given, "display"):
                options += ["-display", "none"]
            if not has(given, "serial", "chardev"):
                options += ["-serial", "stdio", "-monitor", "none"]
        if not has(given, "no-reboot"):
            options += ["-no-reboot"]
        at = value_of(given, "append")
        if has(given, "kernel"):
            words = given[at] if at else ""
            if "console=" not in words:
                words += " console=" + CONSOLES[topology.program()]
            if kind != "plain":
                words += " ignore_loglevel " + " ".join(TELL)
            # QEMU takes the last one.
            options += ["-append", words.strip()]
        return options

    def strip(self, given):
        """The user's options without the command line, which options() has."""
        at = value_of(given, "append")
        return given[:at - 1] + given[at + 1:] if at else given
