#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory in many files, as people build it: a NUMA node has its own, and so has each module
# that is plugged in later. "peer" finds all of them by asking the guest, also when one of them
# is in the place of another; the daemon that follows one that was killed finds them again.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,stock-7.3 --bus memory-peer.json --backends 2 --mem 963 --qemu "-numa node,nodeid=2 -m slots=4,maxmem=4G" --keeper --host self
# x86: memory is plugged in by ACPI, which needs firmware on arm64
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$here/lib/daemon.sh"

control() { "${PVPCI_BIN:-$here/../../../build/bin}/pvpcictl" --control "$PVPCI_CONTROL" "$@"; }
guest() { "$GUEST" "$@"; }
mem() { guest "sed -n 's/^Node $1 $2: *\([0-9]*\) kB/\1/p' /sys/devices/system/node/node$1/meminfo"; }
has_memory() { [ "$(mem "$1" MemTotal)" -gt 0 ]; }
maps() { cat "/proc/$(daemon)/maps"; }

# io NODE: a program all of whose memory is of that node writes and reads
io()
{
	check "node $1: I/O" guest "echo $1 >/cg/io/cpuset.mems && echo 0 >/cg/io/cgroup.procs || exit 1
		[ -b /dev/nvme0n1 ] || exit 1
		dd if=/dev/urandom of=/tmp/data bs=1M count=24 2>/dev/null
		dd if=/tmp/data of=/dev/nvme0n1 bs=1M oflag=direct 2>/dev/null &&
		dd if=/dev/nvme0n1 of=/tmp/back bs=1M count=24 iflag=direct 2>/dev/null && cmp /tmp/data /tmp/back"
	guest "rm -f /tmp/data /tmp/back"
}

# plug NAME OPTIONS...: 128 MiB in node 2, in a file of its own; returns when the guest has seen it
plug()
{
	"$QMP" object-add qom-type=memory-backend-memfd "id=$1" "size:=$((128 << 20))" "${@:2}" >/dev/null &&
		"$QMP" device_add driver=pc-dimm "memdev=$1" "id=dimm-$1" node:=2 >/dev/null
}
grown() { [ "$(guest "ls -d /sys/devices/system/memory/memory* | wc -l")" -gt "$had" ]; }
# The block that was plugged in, whatever the kernel has made of it.
newest() { guest "ls -d /sys/devices/system/memory/memory* | sort -V | tail -n 1"; }
online()
{
	had=$(guest "ls -d /sys/devices/system/memory/memory* | wc -l")
	check "$1: plug" plug "$@"
	within "$1: the guest sees it" 60 grown
	block=$(newest)
	check "$1: online" guest "echo online_movable >$block/state"
}
is_gone() { ! guest "[ -d $block ]"; }
unplug()
{
	check "$1: offline" guest "for n in 1 2 3 4 5 6 7 8; do echo offline >$block/state && exit; sleep 1; done; exit 1"
	check "$1: the daemon has let go of its file" within_maps 0 "memfd:memory-backend-memfd"
	check "$1: unplug" "$QMP" device_del "id=dimm-$1"
	within "$1: it is gone" 60 is_gone
	within "$1: and its file" 60 "$QMP" object-del "id=$1"
}
# within_maps COUNT NAME: so many mappings of files of that name
within_maps() { [ "$(maps | grep -c "$2")" = "$1" ]; }

# Newer kernels bring what is plugged in online, for themselves: then it does not go any more.
guest "echo offline >/sys/devices/system/memory/auto_online_blocks"
check "the guest has two nodes" guest "[ -d /sys/devices/system/node/node1 ]"
check "load" guest "modprobe nvme && modprobe pvpci"
within "a controller is live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state && [ -b /dev/nvme0n1 ]'
same "the host reaches all there is" "" "$(guest "dmesg" | grep -E 'not shared|cannot reach|stays offline')"
check "a group with memory of one node" guest "mkdir -p /cg && mount -t cgroup2 none /cg &&
	echo +cpuset >/cg/cgroup.subtree_control && mkdir /cg/io"
check "both files are mapped" within_maps 1 "/ram1$"
io 0
io 1

# ---- plugged in while the bus is up ------------------------------------------------------
online one share:=true
within "it is node 2's" 60 has_memory 2
check "the daemon has it" within_maps 1 "memfd:memory-backend-memfd"
io 2
check "killed, another daemon serves" kill_daemon
check "it has it, too" within_maps 1 "memfd:memory-backend-memfd"
io 2
io 1
io 0

# ---- another one in its place -------------------------------------------------------------
unplug one
online two share:=true
io 2
unplug two

# ---- what the host cannot reach -------------------------------------------------------------
had=$(guest "ls -d /sys/devices/system/memory/memory* | wc -l")
check "memory that is QEMU's alone: plug" plug alone share:=false
within "the guest sees it" 60 grown
block=$(newest)
check "it does not come online" guest "! echo online_movable >$block/state"
check "the log says why" sh -c "'$GUEST' dmesg | grep -q 'pvpci.*stays offline.*the host does not reach it.*share=on'"
io 1
check "unplug" "$QMP" device_del id=dimm-alone
within "it is gone" 60 is_gone

# ---- there when the bus comes up --------------------------------------------------------------
check "without the bus" guest "rmmod pvpci"
online three share:=true
guest "echo offline >$block/state" 2>/dev/null
check "a part of the kernel's, too" guest "echo online_kernel >$block/state"
check "load" guest "modprobe pvpci"
within "a controller is live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state && [ -b /dev/nvme0n1 ]'
io 2
io 0
same "no I/O error" "" "$(guest "dmesg" | grep -E 'I/O error|critical')"
check "unload" guest "rmmod pvpci"
ktap_end
