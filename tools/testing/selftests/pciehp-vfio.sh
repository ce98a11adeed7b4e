#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A device that vfio-pci has in a slot of pciehp_pv: reset, and removed in use.
#
# x86: VFIO has intel-iommu there, an x86 device
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -std=gnu11 -static -O2 -Wall -Wextra -Werror -o "$work/vfio-reset" "$here/lib/vfio-reset.c"
status=0
[ $# -gt 0 ] || set -- stock-6.1 stock-6.12
for kernel; do
	"$here/../vmtest/vmtest" --quiet --kernel "$kernel" --name "pciehp-vfio $kernel" \
		--timeout 120 --file "$work/vfio-reset:/vmtest/vfio-reset" --append intel_iommu=on \
		--qemu "-device intel-iommu,intremap=off -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off -device pcie-root-port,id=rp1,slot=1,chassis=1" \
		--host "$here/lib/pciehp_vfio.py" || status=1
done
exit $status
