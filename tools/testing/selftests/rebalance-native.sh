#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Root ports and a switch with the kernel's own hotplug (pciehp), beside a mounted disk and one that is
# read all the time. What is plugged in finds room by itself, also if it came before the module; who
# asks writes no register of anybody; a controller that works without its memory buffer is given one
# when that is allowed; registers that are not what the kernel believes stop a move.
#
# matrix: stock-6.1
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.12 arm64-6.1
	for kernel; do
		tree_begin
		[ "$kernel" = arm64-6.1 ] || tree_native
		for n in 1 2 3 4 5; do
			tree_port $n "1$n"
		done
		tree_switch rp4 3
		tree_disk read 16 nvme,serial=read,bus=rp1
		tree_disk mounted 16 nvme,serial=mounted,bus=rp5
		tree_image buffer 16
		tree_run "$kernel" --timeout 400 || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance

# behind PORT: the function there
behind() { guest "cd /sys/bus/pci/devices/$1 && ls -d 0000:??:??.? 2>/dev/null | head -n 1"; }
# plug PORT: a function with 64 MiB
plug()
{
	"$QMP" object-add qom-type=memory-backend-ram "id=ram-$1" "size:=$((64 << 20))" >/dev/null
	"$QMP" device_add driver=ivshmem-plain "memdev=ram-$1" "bus=$1" "id=f$1" >/dev/null
}
# found VENDOR:DEVICE COUNT: there are as many such functions
found() { guest "[ \$(lspci -n -d $1 | wc -l) -eq $2 ]"; }
# large: the functions with 64 MiB, in the order of their addresses
large() { guest "lspci -D -d 1af4:1110" | cut -d' ' -f1; }
# bar FUNCTION NUMBER: address of a BAR
bar() { guest "sed -n $(($2 + 1))p /sys/bus/pci/devices/$1/resource" | cut -d' ' -f1; }
has_bar() { [ $(($(bar "$1" "$2"))) -ne 0 ]; }
# decoded FUNCTION PORT: QEMU has it where the guest believes
decoded()
{
	guest "setpci -s $1 COMMAND=2:2"
	"$QMP" human-monitor-command command-line='info mtree -f' >mtree
	grep -qiE "$(bar "$1" 2 | sed 's/^0x//')-.*ram-$2" mtree
}
# writes: config writes that QEMU has seen
writes() { grep -c pci_cfg_write qemu.log || :; }

check "the kernel's own hotplug" guest 'ls /sys/bus/pci_express/drivers/pciehp/*:pcie004'
check "disks" guest 'modprobe nvme; modprobe ext4'
within "two disks" 60 guest '[ -b /dev/nvme0n1 ] && [ -b /dev/nvme1n1 ]'
name() { guest "grep -l '^$1 *\$' /sys/block/*/device/serial" | cut -d/ -f4; }
mounted=$(name mounted) reads=$(name read)
check "mount one" guest "mkfs.ext4 -q /dev/$mounted"' && mkdir /tmp/m && mount /dev/'"$mounted"' /tmp/m &&
	dd if=/dev/urandom of=/tmp/m/data bs=64k count=32 2>/dev/null && md5sum /tmp/m/data >/tmp/sum'
guest 'while [ ! -e /tmp/stop ]; do dd if=/dev/'"$reads"' of=/dev/null bs=64k count=16 iflag=direct \
	2>/dev/null || echo error >>/tmp/errors; done >/dev/null 2>&1 &'
read=$(behind 0000:00:11.0)
busy="head -n 6 /sys/bus/pci/devices/$read/resource /sys/bus/pci/devices/$(behind 0000:00:15.0)/resource"
before=$(guest "$busy")

# One that was there before the module. A port alone would get another window from the kernel; below
# the switch it has to stay in that of the switch.
plug dp1
within "a function behind the switch" 60 found 1af4:1110 1
sleep 2
first=$(large)
same "it has no room" 0 $(($(bar "$first" 2)))
check "load" guest "modprobe pci_rebalance"
# The driver of virtio devices has tried it, and left it decoding: what it wants cannot be asked.
if [ "$(guest "setpci -s $first COMMAND")" != 0000 ]; then
	check "it decodes: refused" guest "! echo $first 2>/dev/null >$dir/request"
	check "and says what to do" guest "cat $dir/result; grep -q 'clear memory-enable first' $dir/result"
	guest "setpci -s $first COMMAND=0:2; echo idle >/sys/module/pci_rebalance/parameters/auto"
fi
within "it finds room by itself" 60 has_bar "$first" 2
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
check "and is decoded there" decoded "$first" dp1

# One that is plugged in later.
plug dp2
within "another one" 60 found 1af4:1110 2
second=$(large | grep -v "$first")
within "it finds room by itself" 60 has_bar "$second" 2
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
check "and is decoded there" decoded "$second" dp2
same "nothing that runs has moved" "$before" "$(guest "$busy")"

# Asking.
guest "echo off >/sys/module/pci_rebalance/parameters/auto"
"$QMP" trace-event-set-state name=pci_cfg_write enable:=true >/dev/null
for fn in $read $first $second; do
	check "ask about $fn" guest "! echo $fn 2>/dev/null >$dir/dry_run"
	check "request for $fn" guest "! echo $fn 2>/dev/null >$dir/request"
done
check "ask about a hole" guest "echo '0000:00 1M' >$dir/dry_run"
check "look at all" guest "cat $dir/functions $dir/space $dir/allow"
same "writes no register" 0 "$(writes)"
guest "setpci -s 00:1f.0 COMMAND=0:0; setpci -s 00:11.0 COMMAND=0:0"
check "(as QEMU would have seen)" test "$(writes)" -gt 0
"$QMP" trace-event-set-state name=pci_cfg_write enable:=false >/dev/null

# Registers that say something else.
# The hole may be planned into either window of the port.
windows=$(guest "setpci -s 00:12.0 MEMORY_BASE.l PREF_MEMORY_BASE.l" | xargs)
number=$(guest "setpci -s 00:12.0 SECONDARY_BUS")
guest "setpci -s 00:12.0 MEMORY_BASE.l=0000fff0 PREF_MEMORY_BASE.l=0000fff0"
check "a window is not what it was: refused" guest "! echo '0000:$number 64M prefetch' 2>/dev/null >$dir/request"
check "and says so" guest "cat $dir/result; grep -q 'failed -116' $dir/result"
guest "setpci -s 00:12.0 MEMORY_BASE.l=${windows% *} PREF_MEMORY_BASE.l=${windows#* }"

# A controller that does without one of its BARs, since nobody gave it room before its driver came.
port=$(guest 'readlink -f /sys/bus/pci/devices/0000:00:14.0/0000:??:00.0/0000:??:00.0')
port=${port##*/}
"$QMP" device_add driver=nvme serial=buffer drive=dbuffer cmb_size_mb=64 bus=dp0 id=fbuffer >/dev/null
with_driver() { guest "[ -e /sys/bus/pci/devices/$(behind "$port" | grep . || echo none)/driver ]"; }
within "a controller with a memory buffer" 60 with_driver
buffer=$(behind "$port")
same "it works without" 0 $(($(bar "$buffer" 2)))
guest "echo idle >/sys/module/pci_rebalance/parameters/auto"
told() { guest "dmesg | grep '$buffer: rebalance: its driver does without BAR 2'"; }
within "and that is said" 60 told
told | sed 's/^/# /'
check "asking says what to do" guest "! echo $buffer 2>/dev/null >$dir/request;
	cat $dir/result; grep -q 'allow it \"idle\", or unbind it' $dir/result"
check "allow it" guest "echo $buffer idle >$dir/allow"
check "request" guest "echo $buffer >$dir/request"
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
check "it has its buffer" has_bar "$buffer" 2
within "and its driver" 60 with_driver
disk() { guest "ls /sys/bus/pci/devices/$buffer/nvme/nvme*/ | grep -o 'nvme[0-9]*n1' | head -n 1 | grep ."; }
within "and its disk" 60 disk
check "which works" guest "dd if=/dev/$(disk) of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null"

guest 'touch /tmp/stop'
check "nobody had an error" guest '[ ! -e /tmp/errors ] && md5sum -c /tmp/sum'
same "and nothing that runs has moved" "$before" "$(guest "$busy")"
"$QMP" device_del id=fdp1 >/dev/null
within "it can be unplugged" 60 found 1af4:1110 1
check "unload" guest "umount /tmp/m; rmmod pci_rebalance"
ktap_end
