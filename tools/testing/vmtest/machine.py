# SPDX-License-Identifier: GPL-2.0
"""Kernels and the QEMU command line of a guest."""

import glob
import json
import os
import shutil
import random
import subprocess
import sys

import firmware

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../../.."))
BUILD = os.environ.get("PVPCI_BUILD", os.path.join(TOP, "build"))
HYPERVISORS = ("debian12", "debian13", "backports")  # As vmtest/hypervisor knows them.
# Built from source: the first is for "make check", the others for "make check-matrix", since
# each costs two processors a quarter of an hour.
DEBUG = ("kunit-6.12", "kunit-6.1")
CANARY_SECONDS = 12
# QEMU 7.2 with a thread for each processor may keep a translation of code that
# another processor has patched meanwhile: an x86 guest then dies of a breakpoint of
# Linux's own (Oops: int3) or hangs, about once in fifty boots. One thread for all
# cannot, and two guests at a time keep two cores as busy.
#
# Its NVMe loses doorbells: it tells the guest up to where it has read a queue and then
# looks at the queue once more, but the processor may do the second before the first is
# seen by another one, where the guest has just added commands and found no need to ring.
# They wait until Linux resets the controller 60 s later; with fio on two busy cores once
# in half a minute. On one processor of the host that cannot happen (processor()).
ACCELS = {"tcg": "tcg,thread=single", "tcg-multi": "tcg,thread=multi", "kvm": "kvm"}


def packaged(asked=True):
    """Names of Debian's kernels, from the table beside this file."""
    with open(os.path.join(HERE, "kernels"), encoding="ascii") as file:
        rows = [line.split() for line in file if line.strip() and line[0] != "#"]
    return tuple(row[0] for row in rows
                 if row[2] != "source" and (asked or row[-1] != "asked"))


KERNELS = packaged() + DEBUG


def run_script(path, *args):
    """One of ours; what it says goes to stderr, since stdout is for results."""
    subprocess.run([os.path.join(TOP, path), *args], check=True, stdout=sys.stderr)


class Kernel:
    """A kernel in build/kernels, fetched or built when it is not there. So are our
    modules; those that are there are taken as they are."""

    def __init__(self, name):
        self.name = name
        self.directory = os.path.join(BUILD, "kernels", name)
        ours = os.path.join(BUILD, name, "*.ko")
        if not os.path.exists(os.path.join(self.directory, "env")):
            run_script("tools/testing/check/install", "modules", "guests",
                       *(["arm64"] if name.startswith("arm64-") else []),
                       *(["check"] if name in DEBUG else []))
        if name not in DEBUG:
            run_script("tools/testing/vmtest/kernel", name)
        if not glob.glob(ours) and os.path.isdir(os.path.join(TOP, "drivers")):
            run_script("tools/testing/vmtest/modules", name)
        with open(os.path.join(self.directory, "env"), encoding="ascii") as file:
            env = dict(line.rstrip("\n").split("=", 1) for line in file)
        self.release = env["KERNEL_RELEASE"]
        self.arch = env["KERNEL_ARCH"]
        self.cross = env["CROSS_COMPILE"]
        unpacked = os.path.join(self.directory, "vmlinux")
        packaged = os.path.join(self.directory, "vmlinuz")
        self.image = unpacked if os.path.exists(unpacked) else packaged
        # What UEFI starts: as Debian packages it. A debug kernel has no such file.
        self.stub = packaged if os.path.exists(packaged) else self.image
        self.modules = os.path.realpath(os.path.join(self.directory, "modules"))
        self.qemu = "qemu-system-" + ("aarch64" if self.arch == "arm64" else "x86_64")
        self.debug = name in DEBUG

    def machine(self):
        return "virt" if self.arch == "arm64" else "q35"


def hypervisor(name, kernel):
    """The QEMU to start: this machine's, or another release's out of build/hypervisors."""
    if not name or (name == "debian12" and shutil.which(kernel.qemu) and is_bookworm()):
        return shutil.which(kernel.qemu) or kernel.qemu
    if kernel.arch != "x86_64":
        raise ValueError("--hypervisor %s: it is for x86 guests only" % name)
    run_script("tools/testing/vmtest/hypervisor", name)
    return os.path.join(BUILD, "hypervisors", name, "bin", kernel.qemu)


def is_bookworm():
    with open("/etc/os-release", encoding="utf-8") as file:
        return "VERSION_CODENAME=bookworm" in file.read().split()


def choose_accel(wish, kernel):
    """One of ACCELS. KVM may be there and not work, so a short boot decides; the
    answer is kept until this machine restarts."""
    if wish in ACCELS:
        return wish
    answer = probe_kvm(kernel)
    return "tcg-multi" if answer == "tcg" and wish == "auto-multi" else answer


def processor(pins):
    """The processor of this machine with the fewest guests on it: pins are the files
    of the runs that are under way, each with the number of one."""
    taken = []
    for path in pins:
        try:
            with open(path, encoding="ascii") as file:
                taken.append(int(file.read()))
        except (OSError, ValueError):
            pass	# Just ended, or just beginning.
    ours = list(os.sched_getaffinity(0))
    random.shuffle(ours)
    return min(ours, key=taken.count)


def probe_kvm(kernel):
    """tcg or kvm."""
    if kernel.arch != {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine):
        return "tcg"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    cache = os.path.join(BUILD, "accel")
    try:
        with open(cache, encoding="ascii") as file:
            known, when = file.read().split()
            if when == boot:
                return known
    except (OSError, ValueError):
        pass
    print("vmtest: trying KVM for %d s at most" % CANARY_SECONDS, file=sys.stderr)
    # A child of its own: the canary is an ordinary run with nothing to do.
    result = subprocess.run([sys.executable, os.path.join(HERE, "vmtest"), "--accel", "kvm",
                             "--kernel", "stock-6.12" if kernel.debug else kernel.name,
                             "--timeout", str(CANARY_SECONDS)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            check=False)
    answer = "tcg" if result.returncode else "kvm"
    print("vmtest: guests run under " + answer, file=sys.stderr)
    # Another run may find out the same at this moment.
    ours = "%s.%d" % (cache, os.getpid())
    with open(ours, "w", encoding="ascii") as file:
        file.write("%s %s\n" % (answer, boot))
    os.rename(ours, cache)
    return answer


def bus_vectors(path):
    """Transport vectors that a bus config asks for. A config with errors is for
    pvpcid to refuse, not for us."""
    try:
        with open(path, encoding="utf-8") as file:
            return int(json.load(file).get("vectors", 64))
    except (OSError, ValueError, TypeError, AttributeError):
        return 64


def bus_tells_memory(path):
    """Does a bus config say itself where the guest's memory is?"""
    try:
        with open(path, encoding="utf-8") as file:
            return "memory" in json.load(file)
    except (OSError, ValueError, TypeError):
        return False


def memory(run):
    """(end of -machine's properties, more arguments): one file, or one for each NUMA node."""
    mib, count = run.options.mem, run.options.backends
    backend = "memory-backend-file,id=ram%d,mem-path=%s,share=on,size=%dM"
    if count == 1:
        return ",memory-backend=ram0", ["-object", backend % (0, run.ram, mib)]
    args = []
    for node in range(count):
        args += ["-object", backend % (node, run.ram + ("%d" % node if node else ""),
                                       mib // count + (mib % count if not node else 0)),
                 "-numa", "node,nodeid=%d,memdev=ram%d" % (node, node)]
    return "", args


def bus_files(path):
    """Relative names of the disks in a bus config."""
    try:
        with open(path, encoding="utf-8") as file:
            functions = json.load(file).get("functions", [])
        names = [space["file"] for function in functions
                 for space in function.get("namespaces", [])]
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return []
    return [name for name in names if isinstance(name, str) and not os.path.isabs(name)]


def ports(run, arch):
    """Serial ports: the console and three of our own (init.c)."""
    args = ["-chardev", "file,id=console,path=%s" % run.path("console.log")]
    if run.options.shell:
        args = ["-chardev", "stdio,id=console,mux=on,signal=off"]
        args += ["-mon", "chardev=console,mode=readline"]
    args += ["-serial", "chardev:console",
             "-chardev", "socket,id=report,path=%s" % run.socket("report"),
             "-chardev", "file,id=output,path=%s" % run.path("output.log"),
             "-chardev", "socket,id=exec,path=%s" % run.socket("exec")]
    if arch == "arm64":
        args += ["-device", "pci-serial-4x,chardev1=report,chardev2=output,"
                 "chardev3=exec,addr=1e.0"]
        return args, ["console=ttyAMA0", "vmtest.report=ttyS0", "vmtest.output=ttyS1",
                      "vmtest.exec=ttyS2"]
    for index, name in ((1, "report"), (2, "output"), (3, "exec")):
        # Interrupts of their own, so that the ports need not share.
        args += ["-device", "isa-serial,chardev=%s,index=%d,irq=%d" % (
            name, index, {1: 3, 2: 5, 3: 7}[index])]
    return args, ["console=ttyS0", "vmtest.report=ttyS1", "vmtest.output=ttyS2",
                  "vmtest.exec=ttyS3"]


def family(machine):
    """What a machine type is to pvpcid: "pc-q35-7.2,smm=off" is a q35."""
    name = machine.split(",")[0]
    return next((kind for kind in ("q35", "virt", "pc") if kind in name), name)


def command(run):
    """The whole QEMU command line."""
    options, kernel = run.options, run.kernel
    machine = options.machine or kernel.machine()
    if family(machine) == "virt" and "gic-version=" not in machine:
        machine += ",gic-version=3"
    serial, cmdline = ports(run, kernel.arch)
    backing, objects = memory(run)
    cmdline += ["panic=-1", "oops=panic", "loglevel=7", "printk.time=1",
                "rcupdate.rcu_cpu_stall_timeout=100", "watchdog_thresh=60",
                "random.trust_cpu=on", "net.ifnames=0",
                # The kernel's tests of its own ciphers are a third of a boot under TCG.
                "cryptomgr.notests"]
    if kernel.arch == "x86_64":
        cmdline += ["reboot=t", "no_timer_check"]
    if kernel.debug:
        cmdline += ["kunit.enable=1"]
    if options.shell:
        cmdline += ["vmtest.shell"]
    cmdline += options.append
    args = [options.hypervisor, "-nodefaults", "-no-user-config",
            "-display", "none", "-name", "vmtest",
            "-machine", machine + backing,
            "-accel", ACCELS[run.accel],
            "-cpu", options.cpu or ("cortex-a57" if kernel.arch == "arm64" else
                                    "host" if run.accel == "kvm" else "qemu64,+rdrand"),
            "-smp", str(options.smp), "-m", "%dM" % options.mem,
            *objects,
            "-kernel", kernel.stub if options.firmware in firmware.UEFI else kernel.image,
            "-initrd", run.path("initrd"),
            "-append", " ".join(cmdline),
            "-qmp", "unix:%s" % run.socket("qemu")]
    if not options.reboots:
        args += ["-no-reboot"]
    args += serial
    # Properties of the buses may name what --qemu makes, a port. Without any they come
    # first, so that their addresses do not depend on the scenario.
    if options.bus_options:
        args += options.qemu
    for number, bus in enumerate(options.bus):
        args += ["-chardev", "socket,id=bus%d,path=%s" % (number, run.socket("bus%d" % number)),
                 "-device", ",".join(filter(None, [
                     "ivshmem-doorbell,chardev=bus%d,vectors=%d" % (number, bus_vectors(bus)),
                     options.bus_options]))]
    return args if options.bus_options else args + options.qemu
