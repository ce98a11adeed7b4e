#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A daemon that stands still for longer than any request waits, but not as long as
# drivers do, costs a pause: no error, nothing lost, the bus goes on. So does a QEMU that
# is stopped; and once I/O that was in flight has ended its guest's memory stands still.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus four-nvme.json --host self --timeout 900
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

# A minute on one kernel: a longer stop is nothing new to the guest, whose clock stops, too.
stop_s=5
[ "$KERNEL" = stock-6.12 ] && stop_s=60

guest() { "$GUEST" "$@"; }
ios() { guest "awk '{ print \$1 + \$5 }' /sys/block/$disk/stat"; }
# goes_on: more I/O than at the last mark
goes_on() { [ "$(ios)" -gt "$mark" ]; }
io_runs()
{
	mark=$(ios)
	within "$1" 120 goes_on
}
ram=$(tr '\0' '\n' <"/proc/$QEMU_PID/cmdline" | grep -oE 'mem-path=[^,]*' | cut -d= -f2)
sum() { md5sum <"$ram"; }
changes() { ! stands_still; }
stands_still() { [ "$(sum)" = "$(sum)" ]; }

check "load" guest "modprobe nvme && modprobe pvpci"
within "four controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
disk=$(guest "grep -l PV0003 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1
guest "fio --name=x --filename=/dev/$disk --rw=randrw --bs=4k --iodepth=8 --size=4M --direct=1 \
	--ioengine=libaio --time_based --runtime=60 --verify=crc32c --verify_fatal=1 \
	>/tmp/fio 2>&1; echo \$? >/tmp/fio.status" &

# ---- QEMU is stopped -------------------------------------------------------------------
io_runs "I/O runs"
within "its memory changes" 60 changes
check "QEMU stops" "$QMP" '{"execute": "stop"}'
within "what was in flight ends" 60 stands_still
before=$(sum)
sleep $stop_s
same "its memory is as it was $stop_s s ago" "$before" "$(sum)"
check "QEMU goes on" "$QMP" '{"execute": "cont"}'
io_runs "so does I/O"

# ---- the daemon is -----------------------------------------------------------------------
for seconds in 2 25; do
	kill -STOP "$PVPCID_PID"
	sleep "$seconds"
	kill -CONT "$PVPCID_PID"
	io_runs "I/O goes on after $seconds s without a daemon"
done
wait
same "fio has seen nothing" 0 "$(guest cat /tmp/fio.status)"
check "it says when it waits, and when no more" guest \
	"dmesg | grep -q 'The host is silent' && dmesg | grep -q 'The host answers again'"
same "nothing else" "" "$(guest "dmesg | grep -E 'Bus is broken|nvme.*(timeout|reset|I/O error)'")"
check "functions come and go as before" pvpcictl --control "$PVPCI_CONTROL" eject 04.0
check "unload" guest "rmmod pvpci"
ktap_end
