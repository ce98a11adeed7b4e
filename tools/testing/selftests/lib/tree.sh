# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios that are both sides: the guest's PCIe tree and its disks, and a guest for each kernel.

# tree_begin: a new one; $disks is a directory for images that goes with the scenario
tree_begin()
{
	if [ -z "${disks:-}" ]; then
		disks=$(mktemp -d /dev/shm/rebalance-XXXXXX)
		trap 'rm -rf "$disks"' EXIT
	fi
	qemu=
}

# tree_port NUMBER ADDRESS[,OPTIONS]: a root port rpNUMBER there
tree_port() { qemu+="-device pcie-root-port,id=rp$1,chassis=$(($1 + 1)),slot=$(($1 + 1)),bus=pcie.0,addr=$2 "; }

# tree_switch PORT COUNT: a switch with ports dp0, dp1...
tree_switch()
{
	local n

	qemu+="-device x3130-upstream,id=up,bus=$1 "
	for ((n = 0; n < $2; n++)); do
		qemu+="-device xio3130-downstream,id=dp$n,bus=up,chassis=$((n + 40)),slot=$((n + 40)) "
	done
}

# tree_image NAME MIB: of a disk, empty; dNAME is its drive
tree_image()
{
	rm -f "$disks/$1"
	truncate -s "$2M" "$disks/$1"
	qemu+="-drive if=none,id=d$1,format=raw,file=$disks/$1 "
}

# tree_disk NAME MIB DEVICE: the same with what has it; DEVICE is without its drive
tree_disk()
{
	tree_image "$1" "$2"
	qemu+="-device $3,drive=d$1 "
}

# tree_native: pciehp instead of ACPI serves the ports of a q35 machine
tree_native() { qemu+="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "; }

# tree_run KERNEL OPTIONS...: run the other side of the scenario in a guest
tree_run()
{
	local kernel=$1

	shift
	# shellcheck disable=SC2086 # options
	"$here/../vmtest/vmtest" --kernel "$kernel" --qemu "$qemu" --host "$0" "$@" ${VMTEST_OPTIONS:-}
}

guest() { "$GUEST" "$@"; }

# Registers and resources of all windows and functions, and who has what: all that a move may
# change and an undone move may not. For a shell of the guest.
TREE_STATE='grep -v nvme /proc/iomem; cat /proc/ioports; cd /sys/bus/pci/devices; for fn in *; do
	echo $fn; readlink $fn/driver; head -n 14 $fn/resource
	hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 48 $fn/config; done'
tree_state() { guest "$TREE_STATE"; }
