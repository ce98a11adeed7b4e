#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pciehp_pv on every kernel: devices of every kind come and go, with I/O and file
# systems, behind root ports and behind a switch.
#
# vmtest: --kernel stock-6.1,stock-6.12 --more kunit-6.12,cloud-6.12,cloud-6.1,kunit-6.1 --host self --timeout 800 --qemu "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pcie-root-port,id=rp1,slot=1,chassis=1 -device pcie-root-port,id=rp2,slot=2,chassis=2 -device pcie-root-port,id=rp3,slot=3,chassis=3 -device pcie-root-port,id=rp4,slot=4,chassis=4 -device x3130-upstream,id=up,bus=rp4 -device xio3130-downstream,id=dp0,bus=up,slot=10,chassis=10 -device xio3130-downstream,id=dp1,bus=up,slot=11,chassis=11"
# vmtest: --kernel arm64-6.1 --host self --timeout 800 --qemu "-device pcie-root-port,id=rp1,slot=1,chassis=1 -device pcie-root-port,id=rp2,slot=2,chassis=2 -device pcie-root-port,id=rp3,slot=3,chassis=3 -device pcie-root-port,id=rp4,slot=4,chassis=4 -device x3130-upstream,id=up,bus=rp4 -device xio3130-downstream,id=dp0,bus=up,slot=10,chassis=10 -device xio3130-downstream,id=dp1,bus=up,slot=11,chassis=11"
exec /usr/bin/python3 "$(dirname "$0")/lib/pciehp_devices.py"
