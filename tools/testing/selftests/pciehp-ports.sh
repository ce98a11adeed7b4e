#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ports of many kinds beside each other: one whose removal takes long, some without
# hotplug, some that nobody numbered, one with bus numbers to spare and one without.
#
# vmtest: --kernel stock-6.1 --more kunit-6.12,rt-6.12,stock-6.12 --host self --timeout 1000 --append "pciehp_pv.slot_delay_ms=3" --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pcie-root-port,id=rp1,slot=1,chassis=1,addr=2.0 -device pcie-root-port,id=rp2,slot=2,chassis=2,addr=3.0 -device pcie-root-port,id=wide,slot=3,chassis=3,addr=4.0,bus-reserve=4 -device pcie-root-port,id=fixed,slot=4,chassis=4,addr=5.0,hotplug=off -device virtio-rng-pci,bus=fixed -device pcie-root-port,id=none1,chassis=5,addr=6.0 -device pcie-root-port,id=none2,chassis=6,addr=7.0 -device pcie-root-port,id=tree,slot=5,chassis=7,addr=8.0 -device x3130-upstream,id=up,bus=tree -device xio3130-downstream,id=dp0,bus=up,slot=10,chassis=10"
# vmtest: --more arm64-6.1 --host self --timeout 1000 --append "pciehp_pv.slot_delay_ms=3" --qemu "-device pcie-root-port,id=rp1,slot=1,chassis=1,addr=2.0 -device pcie-root-port,id=rp2,slot=2,chassis=2,addr=3.0 -device pcie-root-port,id=wide,slot=3,chassis=3,addr=4.0,bus-reserve=4 -device pcie-root-port,id=fixed,slot=4,chassis=4,addr=5.0,hotplug=off -device virtio-rng-pci,bus=fixed -device pcie-root-port,id=none1,chassis=5,addr=6.0 -device pcie-root-port,id=none2,chassis=6,addr=7.0 -device pcie-root-port,id=tree,slot=5,chassis=7,addr=8.0 -device x3130-upstream,id=up,bus=tree -device xio3130-downstream,id=dp0,bus=up,slot=10,chassis=10"
exec /usr/bin/python3 "$(dirname "$0")/lib/pciehp_ports.py"
