#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The hand-off rule, counted: from its discovery to its driver a function costs one
# edge of memory-enable, and none when it was handed off decoding, whichever way
# it arrives: boot, hot-add, rebind, resume, reset.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus power.json --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/edges.sh
. "$(dirname "$0")/lib/edges.sh"

guest() { "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

# count: "SLOT EDGES ATTACHES" of each function so far
count()
{
	control --json stats | python3 -c '
import json, sys
for slot, fn in sorted(json.load(sys.stdin)["stats"]["functions"].items()):
    print(slot, fn["edges"], fn["attaches"])'
}

# most FIELD BEFORE: most that a function's count has grown since
most() { count | join - <(echo "$2") | awk -v n="$1" '
	{ d = n == 2 ? $2 - $4 : $3 - $5; if (d > max) max = d } END { print max + 0 }'; }

# bound: all functions have a driver
bound()
{
	guest '[ $(ls -d /sys/bus/pci/drivers/pvpci_testdev/1* | wc -l) -ge 3 ] &&
		grep -q live /sys/class/nvme/nvme*/state'
}

start=$(count)
check "boot: load" guest "mount -t debugfs nodev /sys/kernel/debug; modprobe nvme &&
	modprobe pvpci && modprobe pvpci_testdev"
within "boot: bound" 60 bound
same "boot: one edge" 1 "$(most 2 "$start")"
same "boot: one for each that was off" 1 "$(count | awk '$1 == "02.0" { print $2 }')"
same "boot, handed off decoding: none" none "$(edges 04.0)"

for decoding in false true; do
	echo '{ "slot": "09.0", "model": "testdev", "decoding": '$decoding', "msix": 1,
		"bars": [ { "bar": 0, "bytes": "16K", "bits": 64 } ] }' >"$OUT/new.json"
	check "hot-add, decoding $decoding" control add --wait 20 "$OUT/new.json"
	within "hot-add: bound" 60 guest "[ -e /sys/bus/pci/drivers/pvpci_testdev/10024:00:09.0 ]"
	[ $decoding = true ] && wanted=none || wanted=enable:1
	same "hot-add, decoding $decoding: edges" "$wanted" "$(edges 09.0)"
	check "eject" control eject 09.0
done

start=$(count)
check "rebind" guest 'cd /sys/bus/pci/drivers/pvpci_testdev && for fn in 1*; do
	echo $fn >unbind && echo $fn >bind || exit 1; done
	cd ../nvme && echo 10024:00:01.0 >unbind && echo 10024:00:01.0 >bind'
within "rebind: bound" 60 bound
same "rebind: no edge, the bit stays" 0 "$(most 2 "$start")"

start=$(count)
check "removed by the user, found by a rescan" guest 'for fn in /sys/bus/pci/devices/10024:*; do
	echo 1 >$(readlink -f $fn)/remove; done
	! ls /sys/bus/pci/devices | grep -q ^10024: && echo 1 >/sys/bus/pci/rescan'
within "found: bound" 60 bound
same "found: one attach" 1 "$(most 3 "$start")"
same "found: and one detach before" 2 "$(most 2 "$start")"
start=$(count)
check "a function without a driver" guest "rmmod pvpci_testdev && f=/sys/bus/pci/devices/10024:00:02.0 &&
	echo 1 >\$f/remove && echo 1 >/sys/bus/pci/rescan && sleep 1 &&
	setpci -s 10024:00:02.0 COMMAND=0:2 && setpci -s 10024:00:02.0 COMMAND=2:2"
same "the host hears of what the user does" 4 "$(most 2 "$start")"
check "the driver again" guest "modprobe pvpci_testdev"
within "found: all bound" 60 bound

start=$(count)
check "resume" guest "echo 1 >/sys/module/suspend/parameters/pm_test_delay &&
	echo platform >/sys/power/pm_test && echo freeze >/sys/power/state"
within "resume: bound" 60 bound
same "resume: one attach" 1 "$(most 3 "$start")"
same "resume: and one detach before" 2 "$(most 2 "$start")"

start=$(count)
check "reset" guest 'for fn in /sys/bus/pci/devices/10024:*; do
	echo 1 >$fn/reset || exit 1; done'
within "reset: bound" 60 bound
same "reset: one attach" 1 "$(most 3 "$start")"
same "reset: and one detach before" 2 "$(most 2 "$start")"
for slot in 01.0 02.0 03.0 04.0; do
	same "both ends count the same, $slot" "$(edges $slot)" "$(guest_edges 10024 $slot)"
done
check "unload" guest "rmmod pvpci_testdev && rmmod pvpci"
ktap_end
