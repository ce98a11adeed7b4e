#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk with two paths, one controller on a pvpci bus and one of QEMU's own, under dm-multipath.
# fio writes and verifies while pci_rebalance moves the first controller by unbinding its driver
# and binding it again; above the multipath nobody notices. What multipathd would do, put the path
# back when its disk has returned, is done here with dmsetup. Before the move succeeds every single
# change of it fails once, and all is as it was.
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --bus rebalance-multipath.json --disk-mib 8 --host self --timeout 800 --qemu "-device pcie-root-port,id=rp1,slot=1,chassis=1"
# x86: not seen to pass on arm64 yet: fio is too slow there for its limits
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$(dirname "$0")/lib/every_change.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

dir=/sys/kernel/pci_rebalance
path_fn=10001:00:01.0

add_other()
{
	"$QMP" blockdev-add node-name=shared driver=file filename="$OUT/shared.img" locking:='"off"' &&
		"$QMP" device_add driver=nvme id=other bus=rp1 drive=shared serial=OTHER
}

# disk SERIAL: its name, once it can be opened
disk()
{
	guest "for disk in /sys/block/nvme*; do
		[ \"\$(tr -d ' ' <\$disk/device/serial)\" = $1 ] && [ -b /dev/\${disk##*/} ] &&
			echo \${disk##*/}
	done | grep ."
}

# base SLOT: where its BAR is
base() { guest "cut -d' ' -f1 /sys/bus/pci/devices/10001:00:$1/resource | head -n 1"; }

# Add a controller with the disk of one that is gone.
no_room()
{
	ctl add "{\"slot\": \"05.0\", \"model\": \"nvme\", \"serial\": \"NEW\", \"queues\": 1,
		\"bar_bytes\": \"128K\", \"namespaces\": [{\"file\": \"disk${beside:1:1}.img\"}]}" 2>&1 |
		grep 'no room, 64K are missing in one piece, 0 in total'
}

# ios DISK: reads and writes that it has completed
ios() { guest "awk '{ print \$1 + \$5 }' /sys/block/$1/stat"; }
more_ios() { [ "$(ios "$1")" -gt "$2" ]; }

# table DISK...: a multipath of one group, turn by turn; with no path left it fails
table()
{
	local paths=

	for name; do
		paths+=" /dev/$name 1"
	done
	echo "0 16384 multipath 0 0 1 1 round-robin 0 $# 1$paths"
}

# paths STATES: the state of each path, as in "A A"; F is failed
paths()
{
	[ "$(guest "dmsetup status disk" | grep -o '[0-9]:[0-9]* [AF]' | cut -d' ' -f2 | xargs)" = "$1" ]
}

# put_back: the path is used again once its disk has returned; a disk that still lingers is none
put_back()
{
	local end=$((SECONDS + 60)) name

	until name=$(disk PATH) &&
		guest "dmsetup reload disk --table '$(table "$name" "$other")' && dmsetup resume disk" &&
		paths "A A"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

check "load" guest "modprobe nvme_core multipath=N; modprobe nvme && modprobe pvpci &&
	modprobe dm_multipath && modprobe dm_round_robin"
check "the second path leads to the same file" add_other
within "the first path" 60 disk PATH
within "the second path" 60 disk OTHER
within "the neighbours" 60 guest "[ \$(ls /sys/bus/pci/drivers/nvme | grep -c 10001:) -eq 4 ]"
old=$(disk PATH) other=$(disk OTHER)
check "one disk of both" guest "dmsetup create disk --table '$(table "$old" "$other")'"

# Passes over the whole disk.
passes_start dm-0 --disk_util=0
fio=$!
within "fio writes and verifies" 60 more_passes 0
count=$(ios "$old")
within "through the path on the pvpci bus" 60 more_ios "$old" "$count"

# The place beside the path's and one more become free: 128 KiB in all, but not in one piece.
here=$(base 01.0) beside='' spare=''
for slot in 02.0 03.0 04.0; do
	if [ $(($(base $slot) ^ here)) -eq $((0x10000)) ]; then
		beside=$slot
	else
		spare=$slot
	fi
done
check "make holes" ctl eject --timeout=60 "$beside"
check "make holes that are apart" ctl eject --timeout=60 "$spare"
check "a new function finds no room" no_room

check "load pci_rebalance" guest "modprobe pci_rebalance auto=off"
check "leave to move when idle is not enough for a path that is open" guest \
	"echo $path_fn idle >$dir/allow; ! echo 10001:00:05.0 2>/dev/null >$dir/request"
# state: all that a move may change, once the path is used again
state()
{
	put_back || echo "the path did not return"
	guest 'grep -v nvme /proc/iomem; cd /sys/bus/pci/devices; for fn in 10001:*; do
		echo $fn; readlink $fn/driver; head -n 7 $fn/resource
		hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 24 $fn/config; done'
	ctl --json space
}
move() { guest "echo 10001:00:05.0 >$dir/request"; }
guest "echo $path_fn in-use >$dir/allow"
every_change "move the path" state move
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
check "its BAR is elsewhere" [ "$(base 01.0)" != "$here" ]
within "the multipath lost the path" 60 paths "F A"
within "the new function is at work" 60 disk NEW
check "put the path back" put_back
new=$(disk PATH)
count=$(ios "$new")
within "the path is used" 60 more_ios "$new" "$count"
goes_on "with both"

guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(passes) passes"
check "no error above the multipath" guest "! dmesg | grep -E 'error.*dm-0|dm-0.*error'"
same "both paths show the same data" \
	"$(guest "dd if=/dev/$new bs=64k iflag=direct 2>/dev/null | sha256sum")" \
	"$(guest "dd if=/dev/$other bs=64k iflag=direct 2>/dev/null | sha256sum")"
check "let the disk go" guest "dmsetup remove disk"
ktap_end
