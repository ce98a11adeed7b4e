#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Slots of Standard Hot-Plug Controllers: a pci-bridge as Kata Containers starts it,
# and a pcie-pci-bridge behind a port.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,kunit-6.12 --host self --timeout 800 --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pci-bridge,id=br1,bus=pcie.0,chassis_nr=1,shpc=on,addr=2.0 -device pcie-root-port,id=rp,slot=40,chassis=40,addr=3.0 -device pcie-pci-bridge,id=br2,bus=rp -device virtio-rng-pci,id=cold,bus=br1,addr=9"
# x86: a bridge that is plugged in finds no windows without firmware that reserves them
exec /usr/bin/python3 "$(dirname "$0")/lib/pciehp_shpc.py"
