#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# no-space.sh with the series tools/patches/windows, which the debug kernels have:
# ACPI hotplug moves the windows of the port.
#
# vmtest: --kernel kunit-6.12 --more kunit-6.1 --host self --timeout 600 --qemu "-drive if=none,id=d0,format=raw,file=null-co:// -device pcie-root-port,id=rp0,chassis=1,slot=1,bus=pcie.0,addr=2 -device pcie-root-port,id=rp1,chassis=2,slot=2,bus=pcie.0,addr=3 -device pcie-root-port,id=rp2,chassis=3,slot=3,bus=pcie.0,addr=4 -device nvme,serial=busy,drive=d0,bus=rp1"
# x86: the patched kernels, those for debugging, are built for x86 only
here=$(cd "$(dirname "$0")" && pwd)
export MODE=patched
exec "$here/../vmtest/scenarios/no-space.sh"
