#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command lines of Kata Containers and of libvirt (tools/testing/topologies): slots,
# buses and IOMMU groups, with stock drivers, with pciehp_pv, and with a pvpci bus beside.
#
# matrix: stock-6.1
# matrix: stock-7.3
# x86: the two command lines are those of x86 machines
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -std=gnu11 -D_GNU_SOURCE -static -O2 -Wall -Wextra -Werror -o "$work/uevents" "$here/lib/uevents.c"
echo '{ "id": 1, "vectors": 256, "spare64": "64M", "functions": [] }' >"$work/bus.json"
status=0
[ $# -gt 0 ] || set -- stock-6.12
for kernel; do
	for TOPOLOGY in kata libvirt; do
		export TOPOLOGY
		"$here/../vmtest/vmtest" --quiet --kernel "$kernel" --name "topologies $TOPOLOGY $kernel" \
			--timeout 300 --file "$work/uevents:/vmtest/uevents" --bus "$work/bus.json" \
			--append "intel_iommu=on" --qemu "-device intel-iommu,intremap=off $(
				"$here/lib/topologies.py" "$TOPOLOGY")" \
			--host "$here/lib/topologies_guest.py" || status=1
	done
done
exit $status
