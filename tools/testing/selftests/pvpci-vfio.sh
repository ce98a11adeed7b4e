#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two NVMe controllers of a bus for two programs through vfio-pci. Debian's kernel, which cannot do
# without an IOMMU, refuses them; with "no-IOMMU mode", here from Debian's source, each is a group of
# its own, and its program has registers, interrupts and DMA. pvpci-vfio.sh [intel-iommu|none]: what
# IOMMU the guest has, which changes nothing.
#
# matrix: none
# x86: intel-iommu is an x86 device; the SMMU of arm64 was not tried
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
kernel=stock-6.12

# noiommu DIRECTORY: vfio.ko of source-6.12 as it is with CONFIG_VFIO_NOIOMMU
noiommu()
{
	local kernels=${PVPCI_BUILD:-$here/../../../build}/kernels

	"$here/../vmtest/kernel" source-6.12 && "$here/../vmtest/kernel" $kernel || return
	cp "$kernels"/source-6.12/linux/drivers/vfio/*.[ch] "$1/"
	printf '%s\n' 'obj-m := vfio.o' 'vfio-y := vfio_main.o group.o container.o virqfd.o' \
		'ccflags-y := -DCONFIG_VFIO_NOIOMMU=1' >"$1/Kbuild"
	PATH=$kernels/$kernel/bin:$PATH make -s -C "$kernels/$kernel/headers" M="$1" modules >&2
}

if [ -z "${GUEST:-}" ]; then
	work=$(mktemp -d /dev/shm/pvpci-vfio-XXXXXX)
	trap 'rm -rf "$work"' EXIT
	gcc -std=gnu11 -static -O2 -Wall -Wextra -Werror -o "$work/vfio-nvme" "$here/lib/vfio-nvme.c" &&
		mkdir "$work/vfio" && noiommu "$work/vfio" || exit
	machine=()
	[ "${1:-intel-iommu}" = none ] ||
		machine=(--append intel_iommu=on --qemu "-device intel-iommu,intremap=off")
	"$here/../vmtest/vmtest" --kernel $kernel --bus "$here/pvpci-vfio.json" --disk-mib 8 \
		--file "$work/vfio-nvme" --file "$work/vfio/vfio.ko" "${machine[@]}" \
		--name "pvpci-vfio ${1:-intel-iommu}" --host "$0"
	exit
fi

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
fn() { echo "10021:00:$1.0"; }

# hand SLOT DRIVER: give a function to a driver; who has it then
hand()
{
	guest "cd /sys/bus/pci/devices/$(fn "$1"); echo $2 >driver_override
		[ ! -e driver ] || echo $(fn "$1") >driver/unbind
		echo $(fn "$1") >/sys/bus/pci/drivers_probe; true" 2>/dev/null
	guest "basename \$(readlink /sys/bus/pci/devices/$(fn "$1")/driver) 2>/dev/null || echo nobody"
}
# group SLOT: its IOMMU group
group() { guest "basename \$(readlink /sys/bus/pci/devices/$(fn "$1")/iommu_group) 2>/dev/null || echo none"; }
live() { guest "[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq $1 ]"; }
# data SLOT: of its disk, as the guest reads it
data()
{
	guest "dd if=/dev/\$(ls /sys/bus/pci/devices/$(fn "$1")/nvme/nvme* | grep -o 'nvme[0-9]*n1') \
		bs=64k count=16 iflag=direct 2>/dev/null | md5sum"
}
# drive SLOT COMMANDS: the program, in the background
drive()
{
	guest "/vmtest/vfio-nvme noiommu-$(group "$1") $(fn "$1") $2 /tmp/go >/tmp/said.$1 2>&1 </dev/null &
		echo \$! >/tmp/pid.$1"
}
said() { guest "grep -q '$2' /tmp/said.$1 || { cat /tmp/said.$1; false; }"; }

for slot in 3 4; do
	dd if=/dev/urandom of="$OUT/disk$slot.img" bs=64k count=16 conv=notrunc status=none
done
check "load" guest "modprobe nvme && modprobe pvpci && modprobe vfio-pci"
within "two controllers live" 60 live 2
groups=$(guest "ls /sys/kernel/iommu_groups | wc -l")
if grep -q intel-iommu "$OUT/qemu.sh"; then
	check "the machine's own functions have IOMMU groups" test "$groups" -gt 1
else
	same "there is no IOMMU" 0 "$groups"
fi
same "ours have none" "none none" "$(group 03) $(group 04)"
same "vfio-pci refuses one" nobody "$(hand 03 vfio-pci)"
check "it says so" guest "dmesg | grep -q 'vfio-pci.*$(fn 03).* -22'"
same "nvme takes it back" nvme "$(hand 03 nvme)"
within "both controllers live" 60 live 2

check "no-IOMMU mode" guest "rmmod vfio-pci && rmmod vfio-pci-core && { rmmod vfio_iommu_type1; rmmod vfio; true; } &&
	insmod /vmtest/vfio.ko enable_unsafe_noiommu_mode=1 && modprobe vfio-pci"
same "vfio-pci takes both" "vfio-pci vfio-pci" "$(hand 03 vfio-pci) $(hand 04 vfio-pci)"
check "the log says what that means" guest \
	"[ \$(dmesg | grep -c 'pvpci.*10021.*no IOMMU') -eq 2 ]"
check "a group for each" test "$(group 03)" != "$(group 04)"
same "with nobody else in it" "1 1" "$(guest "ls /sys/kernel/iommu_groups/$(group 03)/devices | wc -l
	ls /sys/kernel/iommu_groups/$(group 04)/devices | wc -l" | xargs)"
same "two files" "noiommu-$(group 03) noiommu-$(group 04)" "$(guest "ls /dev/vfio | grep noiommu | sort -t- -k2n" | xargs)"

# Nobody moves a program's pages meanwhile; real ones have huge pages.
guest "echo 0 >/proc/sys/vm/compact_unevictable_allowed"
drive 03 300
drive 04 300
within "a program drives one" 60 said 03 'drives VF0003$'
within "another drives the other at the same time" 60 said 04 'drives VF0004$'
check "a third finds the group taken" guest "/vmtest/vfio-nvme noiommu-$(group 03) $(fn 03) 1 /tmp 2>&1 |
	grep -q 'Device or resource busy'"
check "it cannot be ejected" eval "! ctl eject 03.0 >out 2>&1"
check "since a program drives it" grep -q "a program drives it through VFIO" out
guest "touch /tmp/go"
within "every command had its interrupt" 120 said 03 'done, 30[1-9] interrupts'
within "of the other, too" 120 said 04 'done, 30[1-9] interrupts'

drive 04 0
within "a program drives one again" 60 said 04 'drives VF0004$'
guest "kill -9 \$(cat /tmp/pid.04)"
within "killed, it is gone" 60 guest "! kill -0 \$(cat /tmp/pid.04)"
check "then it can be ejected" ctl eject 04.0
same "nvme takes the other back" nvme "$(hand 03 nvme)"
within "it is live" 60 live 1
same "its data is as it was" "$(head -c 1M "$OUT/disk3.img" | md5sum)" "$(data 03)"
check "unload" guest "rmmod pvpci"
ktap_end
