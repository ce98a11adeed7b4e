#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A daemon that stands still for longer than any request waits, but not as long as
# drivers do, costs a pause: no error, nothing lost, the bus goes on.
#
# vmtest: --kernel stock-6.1,stock-6.12 --bus four-nvme.json --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

check "load" guest "modprobe nvme && modprobe pvpci"
within "four controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
disk=$(guest "grep -l PV0003 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
guest "fio --name=x --filename=/dev/$disk --rw=randrw --bs=4k --iodepth=8 --size=4M --direct=1 \
	--ioengine=libaio --time_based --runtime=30 --verify=crc32c --verify_fatal=1 \
	>/tmp/fio 2>&1; echo \$? >/tmp/fio.status" &
for seconds in 2 20; do
	sleep 2
	kill -STOP "$PVPCID_PID"
	sleep "$seconds"
	kill -CONT "$PVPCID_PID"
done
wait
same "fio has seen nothing" 0 "$(guest cat /tmp/fio.status)"
check "it says when it waits, and when no more" guest \
	"dmesg | grep -q 'The host is silent' && dmesg | grep -q 'The host answers again'"
same "nothing else" "" "$(guest "dmesg | grep -E 'Bus is broken|nvme.*(timeout|reset|I/O error)'")"
check "functions come and go as before" pvpcictl --control "$PVPCI_CONTROL" eject 04.0
check "unload" guest "rmmod pvpci"
ktap_end
