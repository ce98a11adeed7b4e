#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The in-tree series: pciehp and shpchp of the debug kernels, which have it. The
# command line does without the delays; rp2 is a port of which there are real ones,
# and becomes one of those.
#
# vmtest: --kernel kunit-6.12 --more kunit-6.1 --host self --timeout 600 --append "pciehp.slot_delay_ms=0 shpchp.slot_delay_ms=0 pciehp.slot_delay_ms=5001 shpchp.slot_delay_ms=abc" --allow "possible circular locking dependency" --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pcie-root-port,id=rp1,slot=1,chassis=1,addr=2.0 -device ioh3420,id=rp2,slot=2,chassis=2,addr=3.0 -device pci-bridge,id=br1,bus=pcie.0,chassis_nr=3,shpc=on,addr=4.0"
# x86: the patched kernels, those for debugging, are built for x86 only
exec /usr/bin/python3 "$(dirname "$0")/lib/pciehp_patched.py"
