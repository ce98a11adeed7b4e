#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reset and power states of single functions: function level reset through
# sysfs under nvme and without a driver, D3hot and back by hand, registers as the
# specification has them, and what both ends have on their accounts.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus power.json --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/edges.sh
. "$(dirname "$0")/lib/edges.sh"

guest() { "$GUEST" "$@"; }
# command SLOT: memory-enable and bus master
command() { guest "setpci -s 10024:00:$1 COMMAND" | sed 's/.*\(.\)$/\1/'; }
# first SLOT: first register of its BAR 0
first() { guest "busybox devmem \$(sed -n 1p /sys/bus/pci/devices/10024:00:$1/resource | cut -d' ' -f1) 32"; }
# accounts NAME SLOT EDGES: both ends agree
accounts()
{
	same "$1: daemon's accounts" "$3" "$(edges "$2")"
	same "$1: guest's accounts" "$3" "$(guest_edges 10024 "$2")"
}

check "load" guest "mount -t debugfs nodev /sys/kernel/debug; modprobe nvme && modprobe pvpci"
within "controller live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state'
within "disk" 60 guest '[ -b /dev/nvme0n1 ]'
guest "dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
	dd if=/tmp/data of=/dev/nvme0n1 bs=64k oflag=direct conv=fsync 2>/dev/null"
sum=$(guest "md5sum </tmp/data")
accounts "bound" 01.0 "enable:1"
check "nvme: function level reset" guest "echo 1 >/sys/bus/pci/devices/10024:00:01.0/reset"
within "nvme: controller live again" 60 guest 'grep -q live /sys/class/nvme/nvme0/state'
same "nvme: data after the reset" "$sum" \
	"$(guest "dd if=/dev/nvme0n1 bs=64k count=16 iflag=direct 2>/dev/null | md5sum")"
check "nvme: I/O after the reset" guest "fio --name=after --filename=/dev/nvme0n1 --offset=8M \
	--size=1M --rw=randwrite --bs=4k --direct=1 --ioengine=libaio --iodepth=8 --verify=crc32c"
accounts "nvme, one off and one on" 01.0 "enable:1 reset:2"

check "testdev: bound" guest "modprobe pvpci_testdev"
check "testdev: a block to lose" guest "cd /sys/bus/pci/devices/10024:00:02.0 && echo 9 abcd >block &&
	[ \$(cat block) = abcd ]"
check "testdev: function level reset" guest "echo flr >/sys/bus/pci/devices/10024:00:02.0/reset_method &&
	echo 1 >/sys/bus/pci/devices/10024:00:02.0/reset"
same "testdev: the model lost its state" "" "$(guest "cat /sys/bus/pci/devices/10024:00:02.0/block")"
same "testdev: it counts one reset" "01000000" "$(guest "cd /sys/bus/pci/devices/10024:00:02.0 &&
	echo 0 >block && cut -c17-24 block")"
check "testdev: registers, interrupts and DMA after it" guest \
	"cd /sys/bus/pci/devices/10024:00:02.0 && echo 5 >scratch && echo 1 >fire && echo 4096 >dma"
check "testdev: reset of its slot" guest "echo bus >/sys/bus/pci/devices/10024:00:02.0/reset_method &&
	echo 1 >/sys/bus/pci/devices/10024:00:02.0/reset"
check "testdev: the host did that" grep -q '02.0.*slot reset' "$OUT/pvpcid0.log"
check "testdev: works after it" guest \
	"cd /sys/bus/pci/devices/10024:00:02.0 && echo 6 >scratch && echo 1 >fire && echo 4096 >dma"
accounts "testdev, off and on for each reset" 02.0 "enable:1 reset:4"

slot=02.0
check "raw reset" guest "echo 10024:00:$slot >/sys/bus/pci/drivers/pvpci_testdev/unbind &&
	setpci -s 10024:00:$slot CAP_EXP+8.W=8000:8000"
same "raw reset: neither memory nor bus master" 0 "$(command $slot)"
same "raw reset: BAR registers are zero" "00000004 00000000 00000000" \
	"$(guest "setpci -s 10024:00:$slot BASE_ADDRESS_0.L BASE_ADDRESS_1.L BASE_ADDRESS_2.L" | xargs)"
same "raw reset: MSI-X is off" 0 \
	"$((0x$(guest "setpci -s 10024:00:$slot CAP_MSIX+2.W") & 0x8000))"
same "raw reset: the reset bit reads 0" 0 \
	"$((0x$(guest "setpci -s 10024:00:$slot CAP_EXP+8.W") & 0x8000))"
same "raw reset: BARs are not decoded" 0xFFFFFFFF "$(first $slot)"
check "a driver gets it going again" guest "echo 1 >/sys/bus/pci/devices/10024:00:$slot/remove &&
	echo 1 >/sys/bus/pci/rescan && cd /sys/bus/pci/drivers/pvpci_testdev/10024:00:$slot &&
	echo 7 >scratch && echo 1 >fire"
accounts "raw reset, and back" $slot "enable:1 reset:6"

check "D3hot" guest "echo 10024:00:$slot >/sys/bus/pci/drivers/pvpci_testdev/unbind;
	setpci -s 10024:00:$slot CAP_PM+4.W=3:3"
same "D3hot: config space answers" 3 "$((0x$(guest "setpci -s 10024:00:$slot CAP_PM+4.W") & 3))"
same "D3hot: BARs are not decoded" 0xFFFFFFFF "$(first $slot)"
check "a state that it does not have" guest "setpci -s 10024:00:$slot CAP_PM+4.W=1:3"
same "changes nothing" 3 "$((0x$(guest "setpci -s 10024:00:$slot CAP_PM+4.W") & 3))"
check "and is not asked for" guest "! dmesg | grep 'did not carry out'"
check "D0" guest "setpci -s 10024:00:$slot CAP_PM+4.W=0:3"
same "D0: it kept its registers and decodes" 0x44545650 "$(first $slot)"

slot=03.0
check "soft reset: D3hot and D0" guest "echo 10024:00:$slot >/sys/bus/pci/drivers/pvpci_testdev/unbind;
	setpci -s 10024:00:$slot CAP_PM+4.W=3:3; setpci -s 10024:00:$slot CAP_PM+4.W=0:3"
same "soft reset: memory-enable is off" 0 "$(command $slot)"
same "soft reset: BAR register is zero" 00000000 \
	"$(guest "setpci -s 10024:00:$slot BASE_ADDRESS_0.L")"
same "soft reset: not decoded" 0xFFFFFFFF "$(first $slot)"
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
ktap_end
