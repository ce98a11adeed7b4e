#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reboot and clean stop: the guest reboots with its bus up and finds it as new,
# and a daemon that is told to stop takes its functions along in good order.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus four-nvme.json --reboots --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
up()
{
	local now

	now=$(timeout 5 "$GUEST" cat /proc/sys/kernel/random/boot_id) && [ -n "$now" ] && [ "$now" != "$(cat "$OUT/boots")" ]
}

check "load" guest "modprobe nvme && modprobe pvpci"
within "four controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
disk=$(guest "grep -l PV0001 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
guest "dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
	dd if=/tmp/data of=/dev/$disk bs=64k oflag=direct conv=fsync 2>/dev/null"
sum=$(guest "md5sum </tmp/data")
guest cat /proc/sys/kernel/random/boot_id >"$OUT/boots"
guest "(sleep 1; reboot -f) >/dev/null 2>&1 &"
sleep 2
within "the guest is back" 90 up
same "every function was detached on the way down" "0" "$(pvpcictl --control "$PVPCI_CONTROL" --json list |
	grep -c '"attached": true')"
check "load again" guest "modprobe nvme && modprobe pvpci"
within "four controllers live again" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
disk=$(guest "grep -l PV0001 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
same "same data" "$sum" "$(guest "head -c 1048576 /dev/$disk | md5sum")"
kill -TERM "$PVPCID_PID"
within "the guest hears of a clean stop" 60 guest "dmesg | tail -n 40 | grep -q 'pvpci.*stop'"
within "its functions are gone or read all-ones" 60 guest \
	'! lspci -D -n | grep "^10001" | grep -q "1234:9e00"'
check "rmmod works" guest "rmmod pvpci"
ktap_end
