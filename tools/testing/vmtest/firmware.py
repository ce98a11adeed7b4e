# SPDX-License-Identifier: GPL-2.0
"""Firmware that a guest can start with, by name: files of Debian's packages."""
import os

# Where it may lie, "" for what QEMU takes by itself; and its package.
FILES = {
    "seabios": (("",), "seabios"),
    "none": (("",), ""),
    "qboot": (("/usr/share/qemu/qboot.rom", "/usr/share/seabios/qboot.rom"), "qemu-system-data"),
    "ovmf": (("/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF_CODE.fd"), "ovmf"),
    "aavmf": (("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",), "qemu-efi-aarch64"),
}
# It starts Linux as a program of its own, which the unpacked kernel is not.
UEFI = ("ovmf", "aavmf")


class Missing(ValueError):
    """No such file here; the message names the package."""


def options(name):
    """QEMU's options for it."""
    files, package = FILES[name]
    there = [path for path in files if not path or os.path.exists(path)]
    if not there:
        raise Missing("no %s here: apt-get install %s" % (files[0], package))
    return ["-bios", there[0]] if there[0] else []
