# SPDX-License-Identifier: GPL-2.0
"""The initramfs of a guest, made of layers that the kernel unpacks in turn:
programs (one for each architecture), modules (one for each kernel) and what
belongs to one run. The first two are kept in build/initramfs, named by their
content. Nothing is compressed: under emulation copying is cheaper."""

import fcntl
import glob
import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Programs by the Debian package that brings them; busybox has the rest.
PROGRAMS = """
/bin/busybox /bin/bash /bin/kmod /usr/bin/lspci /usr/bin/setpci /usr/sbin/nvme
/sbin/mke2fs /sbin/e2fsck /sbin/tune2fs /sbin/resize2fs /usr/sbin/mkfs.xfs
/usr/sbin/xfs_repair /sbin/sfdisk /sbin/dmsetup /usr/bin/fio
""".split()
DATA = """
/usr/share/misc/pci.ids /etc/mke2fs.conf
""".split()
LINKS = {
    "/sbin/mkfs.ext4": "mke2fs", "/sbin/mkfs.ext3": "mke2fs",
    "/sbin/fsck.ext4": "e2fsck",
    **{"/sbin/" + name: "/bin/kmod" for name in
       ("modprobe", "insmod", "rmmod", "depmod", "modinfo")},
    "/bin/lsmod": "/bin/kmod",
}
# glibc loads this one when a thread ends; no program names it.
EXTRA_LIBRARIES = ["libgcc_s.so.1"]

# Kernel modules for guests, with all they depend on; a kernel may have some of
# them built in or not at all.
MODULES = """
nvme virtio_pci virtio_blk virtio_net virtio_rng virtio_scsi virtio_console
macvlan virtio_balloon sd_mod ext4 xfs crc32c_generic crc32c_intel crc32_generic crct10dif_generic
e1000 e1000e igb loop dm_mod dm_multipath dm_round_robin dm_queue_length dm_service_time
dm_flakey brd null_blk pci_stub
uio_pci_generic vfio_pci vfio_iommu_type1 xhci_pci ahci qemu_fw_cfg nls_ascii
nls_cp437 vfat squashfs 9p 9pnet_virtio virtiofs
""".split()


class Archive:
    """A cpio archive in the "newc" format, as initramfs wants it."""

    def __init__(self, file):
        self.file, self.inode, self.seen = file, 0, {"/"}

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        name = name.lstrip("/").encode() + b"\0"
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.file.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))

    def directory(self, path):
        if path not in self.seen:
            self.seen.add(path)
            self.directory(os.path.dirname(path))
            self._entry(path, stat.S_IFDIR | 0o755)

    def add(self, path, data, mode=0o755):
        if path not in self.seen:
            self.directory(os.path.dirname(path))
            self.seen.add(path)
            self._entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        if path not in self.seen:
            self.directory(os.path.dirname(path))
            self.seen.add(path)
            self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def node(self, path, major, minor):
        self.directory(os.path.dirname(path))
        self._entry(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def close(self):
        self._entry("TRAILER!!!", 0)
        self.file.write(bytes(-self.file.tell() % 512))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def layer(build, name, facts, write):
    """The file of a layer with these facts, written only if there is none.

    Older layers of the same name go, except the few newest: another run may
    be about to use them."""
    where = os.path.join(build, "initramfs")
    os.makedirs(where, exist_ok=True)
    path = os.path.join(where, "%s-%s.cpio" % (
        name, hashlib.sha256(repr(facts).encode()).hexdigest()[:16]))
    with open(os.path.join(where, name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            with open(path + ".new", "wb") as file:
                archive = Archive(file)
                write(archive)
                archive.close()
            os.rename(path + ".new", path)
            old = sorted(glob.glob(os.path.join(where, name + "-*.cpio")),
                         key=os.path.getmtime)
            for stale in old[:-4]:
                os.unlink(stale)
        os.utime(path)
    return path


class Sysroot:
    """Where programs and libraries of one architecture are found."""

    def __init__(self, root, triplet):
        self.root = root
        self.libraries = ["/lib/" + triplet, "/usr/lib/" + triplet, "/lib", "/usr/lib",
                          "/usr/lib/%s/ceph" % triplet]

    def find(self, path):
        """The file itself; /bin and /usr/bin are one on some systems only."""
        name = path[4:] if path.startswith("/usr/") else "/usr" + path
        for place in (path, name, path.replace("/sbin/", "/bin/"),
                      name.replace("/sbin/", "/bin/")):
            # Absolute links (update-alternatives) are not followed: none here.
            if os.path.isfile(self.root + place):
                return os.path.realpath(self.root + place)
        raise FileNotFoundError("no %s in %s: run 'make dependencies'" % (path, self.root or "/"))

    def library(self, name):
        for place in self.libraries:
            if os.path.isfile(os.path.join(self.root + place, name)):
                return os.path.join(place, name)
        raise FileNotFoundError("no library %s in %s" % (name, self.root or "/"))

    def needs(self, files):
        """Libraries and dynamic loaders that these files need, by guest path."""
        todo, done = list(files), {}
        for name in EXTRA_LIBRARIES:
            done[self.library(name)] = None
            todo.append(os.path.realpath(self.root + self.library(name)))
        while todo:
            text = subprocess.run(["readelf", "-dl", todo.pop()], text=True, check=True,
                                  capture_output=True).stdout
            paths = [self.library(name) for name in
                     re.findall(r"\(NEEDED\).*\[(.*)\]", text)]
            paths += re.findall(r"Requesting program interpreter: (.*)\]", text)
            for path in paths:
                if path not in done:
                    done[path] = None
                    todo.append(os.path.realpath(self.root + path))
        return list(done)


def compile_init(cross, build):
    sources = [os.path.join(HERE, name) for name in ("init.c", "agent.c")]
    facts = [cross] + [read(path) for path in sources]
    out = os.path.join(build, "initramfs", "%sinit-%s" % (
        cross, hashlib.sha256(repr(facts).encode()).hexdigest()[:16]))
    if not os.path.exists(out):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        new = "%s.%d" % (out, os.getpid())
        subprocess.run([cross + "gcc", "-std=gnu11", "-D_GNU_SOURCE", "-static", "-O2",
                        "-Wall", "-Wextra", "-Werror", "-o", new, *sources], check=True)
        os.rename(new, out)
    return out


def programs_layer(build, kernel):
    """Programs, their libraries, and init."""
    if kernel.arch == "arm64":
        system = Sysroot(os.path.join(kernel.directory, "sysroot"), "aarch64-linux-gnu")
    else:
        system = Sysroot("", "x86_64-linux-gnu")
    init = compile_init(kernel.cross, build)
    files = {path: system.find(path) for path in PROGRAMS + DATA}
    libraries = {}
    for path in system.needs([files[path] for path in PROGRAMS]):
        libraries[path] = os.path.realpath(system.root + path)
    applets = subprocess.run(["busybox", "--list-full"], text=True, check=True,
                             capture_output=True).stdout.split()

    def write(archive):
        archive.directory("/root")
        archive.node("/dev/console", 5, 1)
        archive.node("/dev/null", 1, 3)
        archive.add("/init", read(init))
        archive.add("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
        archive.add("/etc/group", b"root:x:0:\ndisk:x:6:\n", 0o644)
        archive.link("/etc/mtab", "/proc/mounts")
        for path, source in list(files.items()) + list(libraries.items()):
            archive.add(path, read(source))
        for path, target in LINKS.items():
            archive.link(path, target)
        have = {os.path.basename(path) for path in archive.seen}
        for applet in applets:
            if os.path.basename(applet) not in have:
                archive.link("/" + applet, "/bin/busybox")

    inputs = list(files.values()) + list(libraries.values())
    facts = [init, applets, LINKS, read(__file__)] + [
        (path, os.path.getsize(path), os.path.getmtime(path)) for path in inputs]
    return layer(build, "programs-" + kernel.arch, facts, write)


def module_closure(directory, names):
    """Files of these modules and of what they depend on, from modules.dep."""
    depends, by_name = {}, {}
    with open(os.path.join(directory, "modules.dep"), encoding="ascii") as file:
        for line in file:
            path, _, rest = line.partition(":")
            depends[path] = rest.split()
            by_name[os.path.basename(path).split(".")[0].replace("-", "_")] = path
    # Some modules ask for others by "softdep", crypto ones among them.
    found, todo = set(), [by_name[name] for name in names if name in by_name]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += depends[path]
    return sorted(found)


def modules_layer(build, kernel):
    """Debian's modules and ours, with a fresh modules.dep."""
    ours = sorted(glob.glob(os.path.join(build, kernel.name, "*.ko")))
    theirs = module_closure(kernel.modules, MODULES)
    facts = [kernel.release, theirs, read(__file__),
             [(name, os.path.getmtime(os.path.join(kernel.modules, name)))
              for name in theirs],
             [(path, hashlib.sha256(read(path)).hexdigest()) for path in ours]]

    def write(archive):
        base = "/lib/modules/" + kernel.release
        with tempfile.TemporaryDirectory() as stage:
            for name in theirs:
                to = stage + base + "/" + re.sub(r"\.xz$", "", name)
                os.makedirs(os.path.dirname(to), exist_ok=True)
                data = read(os.path.join(kernel.modules, name))
                with open(to, "wb") as file:
                    file.write(lzma.decompress(data) if name.endswith(".xz") else data)
            os.makedirs(stage + base + "/updates", exist_ok=True)
            for path in ours:
                shutil.copy(path, stage + base + "/updates")
            for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
                if os.path.exists(os.path.join(kernel.modules, name)):
                    shutil.copy(os.path.join(kernel.modules, name), stage + base)
            subprocess.run(["depmod", "-b", stage, kernel.release], check=True)
            for path, _, names in sorted(os.walk(stage)):
                for name in sorted(names):
                    full = os.path.join(path, name)
                    archive.add(full[len(stage):], read(full), 0o644)

    return layer(build, "modules-" + kernel.name, facts, write)


def run_layer(path, script, files):
    """What one run brings along: its script and other files, by guest path."""
    with open(path, "wb") as file:
        archive = Archive(file)
        if script:
            data = read(script)
            # Without "#!" init runs it with sh.
            archive.add("/vmtest/script", data, 0o755 if data[:2] == b"#!" else 0o644)
        for where, source in files.items():
            mode = 0o755 if os.access(source, os.X_OK) else 0o644
            archive.add(where, read(source), mode)
        archive.close()
    return path


def build_image(build, kernel, path, script, files):
    """Write the whole initramfs to path."""
    layers = [programs_layer(build, kernel), modules_layer(build, kernel),
              run_layer(path + ".run", script, files)]
    with open(path, "wb") as out:
        for name in layers:
            with open(name, "rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)
    os.unlink(path + ".run")
