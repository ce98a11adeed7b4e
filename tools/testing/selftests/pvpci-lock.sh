#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The driver is probed and removed with PCI core's rescan lock held, when its function
# is hot-plugged, and without, when the module is loaded or unloaded. All of these at
# once, again and again, on two buses; and while the host does not answer. Whoever waits
# for somebody who waits for him never ends.
#
# vmtest: --kernel stock-6.12 --more kunit-6.12,stock-6.1,arm64-6.1 --bus two-testdevs.json --bus empty-bus.json --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# buses: PCI domains of ours that PCI core knows
buses='ls /sys/class/pci_bus | grep -c "^1....:00$"'
# The functions that carry them.
transports='for fn in /sys/bus/pci/devices/0000:*; do
	[ $(cat $fn/vendor)$(cat $fn/device) = 0x1af40x1110 ] && echo $fn
done'

check "both buses" guest "modprobe pvpci_testdev && [ \$($buses) -eq 2 ]"
check "nobody unbinds it by hand" guest "[ ! -e /sys/bus/pci/drivers/pvpci/unbind ]"

# Eight rounds, or what fits into a minute on a kernel that checks everything; two at least.
rounds='end=$(($(cut -d. -f1 /proc/uptime) + 60))
more() { [ $1 -le 2 ] || [ $(cut -d. -f1 /proc/uptime) -lt $end ]; }'

check "both functions arrive at once, as the module comes" guest "$rounds
for round in 1 2 3 4 5 6 7 8; do
	more \$round || break
	for fn in \$($transports); do echo 1 >\$fn/remove; done
	[ \$($buses) -eq 0 ] || exit 1
	rmmod pvpci_testdev pvpci || exit 2
	echo 1 >/sys/bus/pci/rescan & modprobe pvpci_testdev || exit 3
	wait
	for i in 1 2 3 4 5 6 7 8 9 10; do [ \$($buses) -eq 2 ] && break; sleep 1; done
	[ \$($buses) -eq 2 ] || exit 4
done"

check "the module goes as both functions do" guest "$rounds
for round in 1 2 3 4 5 6 7 8; do
	more \$round || break
	rmmod pvpci_testdev
	for fn in \$($transports); do echo 1 >\$fn/remove & done
	rmmod pvpci || exit 1
	wait
	[ \$($buses) -eq 0 ] || exit 2
	echo 1 >/sys/bus/pci/rescan
	modprobe pvpci_testdev || exit 3
	[ \$($buses) -eq 2 ] || exit 4
done"

# Functions that a user has removed are looked for by a rescan, which asks a host that
# does not answer, as the bus goes.
guest "for fn in /sys/bus/pci/drivers/pvpci_testdev/1*; do
	echo 1 >\$(readlink -f \$fn)/remove; done"
kill -STOP "$PVPCID_PID"
guest "echo 1 >/sys/bus/pci/rescan & sleep 1
	for fn in \$($transports); do echo 1 >\$fn/remove & done; wait" &
sleep 7
kill -CONT "$PVPCID_PID"
wait $!
same "a host that pauses: the buses went" 0 "$(guest "$buses")"
check "and come back" guest "echo 1 >/sys/bus/pci/rescan
	for i in 1 2 3 4 5 6 7 8 9 10; do [ \$($buses) -eq 2 ] && exit; sleep 1; done; exit 1"
check "unload" guest "rmmod pvpci_testdev pvpci"
same "nobody hangs" "" "$(guest "dmesg | grep -E 'blocked for more than|BUG|WARNING'")"
ktap_end
