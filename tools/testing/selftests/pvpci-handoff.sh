#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The hand-off rule: memory-enable stays as handed off until a driver enables
# the function, for functions handed off decoding too; those keep their place.
#
# vmtest: --kernel stock-6.1,stock-6.12,stock-7.3@backports --more arm64-6.1 --bus decoding.json --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# edges: of all functions so far, as the daemon counted them
edges()
{
	pvpcictl --control "$PVPCI_CONTROL" --json stats | python3 -c '
import json, sys
print(" ".join("%s:%d" % (slot, fn["edges"])
	for slot, fn in json.load(sys.stdin)["stats"]["functions"].items()))'
}

# command FUNCTION: its memory-enable bit
command() { echo $((0x$(guest "setpci -s $1 COMMAND") >> 1 & 1)); }

start=$(edges)
check "load, no driver" guest "modprobe pvpci"
same "no edge while scanning and assigning" "$start" "$(edges)"
same "memory-enable as handed off" "1 1 0" \
	"$(command 10009:00:01.0) $(command 10009:00:02.0) $(command 10009:00:03.0)"
check "a function handed off decoding works in place" guest \
	'dd if=/sys/bus/pci/devices/10009:00:01.0/resource0 bs=4 count=1 of=/dev/null 2>&1 | grep -q . ;
	a=$(sed -n 1p /sys/bus/pci/devices/10009:00:01.0/resource | cut -d" " -f1)
	[ $(busybox devmem $a 32) = 0x44545650 ]'
check "drivers bind" guest "modprobe pvpci_testdev && modprobe nvme"
within "both controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 2 ]'
same "one edge for the function that was off, none for the others" "01.0:0 02.0:0 03.0:1" "$(edges)"
check "registers of a decoding function" guest "echo 5 >/sys/bus/pci/devices/10009:00:01.0/scratch"
check "a function that does not decode reads all-ones" guest \
	'echo 10009:00:01.0 >/sys/bus/pci/drivers/pvpci_testdev/unbind
	a=$(sed -n 1p /sys/bus/pci/devices/10009:00:01.0/resource | cut -d" " -f1)
	setpci -s 10009:00:01.0 COMMAND=0:2 && [ $(busybox devmem $a 32) = 0xFFFFFFFF ] &&
	setpci -s 10009:00:01.0 COMMAND=2:2 && [ $(busybox devmem $a 32) = 0x44545650 ]'
check "trace events show each edge" guest 'mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null
	ls /sys/kernel/tracing/events/pvpci | grep -q .'
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
ktap_end
