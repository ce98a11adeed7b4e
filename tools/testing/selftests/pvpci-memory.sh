#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory that is plugged in while the bus is up lies in a file of its own, which the host
# does not have: it stays offline, with a sentence, and I/O goes on. With such memory
# in use the bus does not come up.
#
# vmtest: --kernel stock-6.12,stock-7.3 --more stock-6.1 --bus four-nvme.json --qemu -m --qemu slots=2,maxmem=4G --host self
# x86: memory is plugged in by ACPI, which needs firmware on arm64
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

BLOCKS=/sys/devices/system/memory

guest() { "$GUEST" "$@"; }
offline() { guest "grep -lx offline $BLOCKS/memory*/state" | wc -l; }
some_offline() { [ "$(offline)" -gt 0 ]; }
said() { guest "dmesg" | grep -q "$1"; }

# plug NAME: 128 MiB in a file that nobody has but QEMU
plug()
{
	"$QMP" object-add qom-type=memory-backend-memfd "id=$1" "size:=$((128 << 20))" \
		share:=true >/dev/null &&
		"$QMP" device_add driver=pc-dimm "memdev=$1" "id=dimm-$1" >/dev/null
}

check "load" guest "modprobe nvme && modprobe pvpci"
within "a controller is live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state && [ -b /dev/nvme0n1 ]'
had=$(guest "sed -n 's/^MemTotal: *//p' /proc/meminfo")
same "no memory is offline" 0 "$(offline)"
check "memory is plugged in" plug one
within "it is there, and offline" 60 some_offline
# Not every kernel brings it online on its own.
check "nor does it come online by hand" guest "! echo online >\$(grep -lx offline $BLOCKS/memory*/state | sed -n 1p)"
check "the log says why" said "pvpci.*Memory at 0x1[0-9a-f]* to 0x1[0-9a-f]* stays offline.*the host does not reach it"
same "the guest has what it had" "$had" "$(guest "sed -n 's/^MemTotal: *//p' /proc/meminfo")"
check "I/O goes on" guest 'dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
	dd if=/tmp/data of=/dev/nvme0n1 bs=64k oflag=direct conv=fsync 2>/dev/null &&
	dd if=/dev/nvme0n1 bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/data'

check "without the bus" guest "rmmod pvpci"
check "it comes online" guest "for block in \$(grep -lx offline $BLOCKS/memory*/state); do
	echo online_movable >\$block || exit 1; done"
guest "modprobe pvpci"
within "with it the bus does not come up, and says why" 60 \
	said "pvpci.*Guest RAM at 0x1[0-9a-f]* to 0x1[0-9a-f]* is not shared with the host"
same "there are no functions" 0 "$(guest "lspci -D | grep -c '^1'")"
check "unload" guest "rmmod pvpci"
ktap_end
