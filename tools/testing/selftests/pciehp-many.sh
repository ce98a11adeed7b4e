#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 28 ports: all at once, devices that come while the guest boots (the race that
# Kata Containers met), and while the ports change hands: pciehp-many.sh [KERNEL...]
#
# matrix: cloud-6.12
# x86: so many ports leave no I/O space for the serial ports of an arm64 guest
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
ports="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
for i in {1..28}; do
	ports+=" -device pcie-root-port,id=p$i,slot=$i,chassis=$i,multifunction=on"
	ports+=",addr=$((2 + (i - 1) / 8)).$(((i - 1) % 8))"
done
status=0
[[ $# -gt 0 ]] || set -- stock-6.1 stock-6.12
for kernel; do
	"$here/../vmtest/vmtest" --quiet --kernel "$kernel" --name "pciehp-many $kernel" \
		--reboots --timeout 240 --qemu "$ports" --host "$here/lib/pciehp_many.py" ||
		status=1
done
exit $status
