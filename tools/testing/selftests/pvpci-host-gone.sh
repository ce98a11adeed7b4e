#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The daemon is killed in the middle of I/O: what was flushed is on the disk, the
# guest notices in bounded time, its functions read all-ones, drivers let go and
# the module unloads.
#
# Not on the debug kernels: there lockdep complains of nvme itself, on 6.1 of
# namespaces_rwsem and its timeout work, on 6.12 of queues left frozen by it.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus four-nvme.json --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# Linux gives a command 30 s, and one of the controller 60 s.
check "load" guest "modprobe nvme_core io_timeout=8 admin_timeout=8 && modprobe nvme &&
	modprobe pvpci timeout_ms=2000 patience_s=5"
within "four controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
disk=$(guest "grep -l PV0001 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
other=$(guest "grep -l PV0003 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
# Write, flush, and more writes under way that nobody promised to keep.
guest "dd if=/dev/urandom of=/tmp/data bs=64k count=32 2>/dev/null
	dd if=/tmp/data of=/dev/$disk bs=64k oflag=direct conv=fsync 2>/dev/null"
sum=$(guest "md5sum </tmp/data")
guest "fio --name=x --filename=/dev/$other --rw=randwrite --bs=4k --iodepth=16 --direct=1 \
	--ioengine=libaio --time_based --runtime=200 >/dev/null 2>&1 &"
check "one is without a driver" guest "echo 10001:00:04.0 >/sys/bus/pci/drivers/nvme/unbind"
within "one is written to" 60 guest "set -- \$(cat /sys/block/$other/stat); [ \$5 -gt 50 ]"
kill -9 "$PVPCID_PID"
same "flushed data survives kill -9" "$sum" "$(head -c 2M "$OUT/disk0.img" | md5sum)"
within "the guest notices" 60 guest "dmesg | grep -q 'pvpci.*Bus is broken'"
same "it says so once" 1 "$(guest "dmesg | grep -c 'pvpci.*Bus is broken'")"
# PCI core waits for a minute for a function to come back from a reset.
guest "(echo 1 >/sys/bus/pci/devices/10001:00:04.0/reset; echo >/tmp/reset) >/dev/null 2>&1 &"
within "a reset has ended before long" 60 guest "[ -e /tmp/reset ]"
within "functions read all-ones or are gone" 60 guest \
	'[ "$(cat /sys/bus/pci/devices/10001:00:03.0/config 2>/dev/null | head -c 4 | hexdump -v -e "1/4 \"%x\"")" = ffffffff ] ||
	[ ! -e /sys/bus/pci/devices/10001:00:03.0 ]'
within "fio has ended with an error" 90 guest "! pidof fio"
check "rmmod works" guest "rmmod pvpci"
same "no function is left" "" "$(guest "lspci -D" | grep ^1)"
ktap_end
