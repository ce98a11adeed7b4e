#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A switch whose ports have all the room that there is: empty ones give way to a
# hot-added device, and the port of a busy one does not, with the series
# tools/patches/windows, which the debug kernels have.
#
# vmtest: --kernel kunit-6.12 --more kunit-6.1 --host self --timeout 600 --allow "possible circular locking dependency" --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -drive if=none,id=d0,format=raw,file=null-co:// -device pcie-root-port,id=rp,chassis=1,slot=1 -device x3130-upstream,id=up,bus=rp -device xio3130-downstream,id=dp0,bus=up,chassis=10,slot=10 -device xio3130-downstream,id=dp1,bus=up,chassis=11,slot=11 -device xio3130-downstream,id=dp2,bus=up,chassis=12,slot=12 -device xio3130-downstream,id=dp3,bus=up,chassis=13,slot=13 -device nvme,serial=busy,drive=d0,bus=dp1"
# x86: the patched kernels, those for debugging, are built for x86 only
here=$(cd "$(dirname "$0")" && pwd)
export MODE=${MODE:-patched} NEIGHBOUR=0000:04:00.0 PLUGS="4 dp0 0000:03:00.0"
exec "$here/../vmtest/scenarios/no-space.sh"
