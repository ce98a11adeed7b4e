#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Parameters of pciehp_pv: command line, ranges, lists of ports, force, sysfs,
# and ports that sleep. rp2 is an emulated port of which there are real ones, and
# becomes one of those.
#
# vmtest: --kernel stock-6.12,stock-7.3@backports --more stock-6.1 --host self --timeout 400 --append "pciehp_pv.power_off_delay_ms=7 pcie_port_pm=force" --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pcie-root-port,id=rp1,slot=1,chassis=1,addr=2.0 -device ioh3420,id=rp2,slot=2,chassis=2,addr=3.0"
# x86: a port's registers are changed in QEMU's memory, and found there in an x86 one only
exec /usr/bin/python3 "$(dirname "$0")/lib/pciehp_params.py"
